//! `/admin/keys`: the keys that sign access tokens, and the way to the next one. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::RotateKeys, may_act};
use crate::{
    auth::tokens::{KeyInfo, KeyReceipt, KeyState, Rotation},
    ui::{
        code::CodeBlock,
        form::{Form, ProofField, SubmitButton},
        frame::{Link, Page},
        head::BaseUrl,
        notice::Notice,
        table::{Cell, Row, Table},
        tabs::Tabs,
        when::{Ago, minute, span},
    },
    web::page::typed,
};

#[component]
pub fn KeysPage(
    /// The newest first.
    keys: Vec<KeyInfo>,
    /// What the next key will be.
    algorithm: &'static str,
    lead_seconds: i64,
    /// Milliseconds since the key that signs began.
    signing_since_ms: i64,
) -> impl IntoView {
    let BaseUrl(base) = use_context().unwrap_or_default();
    let waiting = keys.iter().find(|key| key.state == KeyState::Next).map(|key| key.signs_from);
    view! {
        <Page title="Keys">
            <Tabs label="Administration" pages=PAGES />
            <ReceiptNotice />
            <p>
                "These keys sign the access tokens. Whoever verifies tokens elsewhere reads "
                <Link href="/.well-known/jwks.json">"the public halves"</Link>" at this address:"
            </p>
            <CodeBlock text=format!("{base}/.well-known/jwks.json") what="the address of the public keys" />
            <KeyTable keys />
            <section class="card" aria-labelledby="rotate">
                <h2 id="rotate">"Rotate"</h2>
                <p>
                    {match signing_since_ms {
                        ..60_000 => "The key that signs has just begun. ".to_owned(),
                        ms => format!("The key that signs has done so for {}. ", span(ms)),
                    }}
                    {match waiting {
                        Some(signs_from) => format!("The next one is published and signs from {}.", minute(signs_from)),
                        None => format!(
                            "A new {algorithm} key is published at once and signs in {}, when every verifier has had time \
                             to learn of it. The one before verifies until its last token is dead. Nobody notices.",
                            span(lead_seconds * 1000),
                        ),
                    }}
                </p>
                {(may_act() && waiting.is_none()).then(|| view! { <RotateForm /> })}
            </section>
        </Page>
    }
}

#[component]
fn KeyTable(keys: Vec<KeyInfo>) -> impl IntoView {
    view! {
        <Table label="Signing keys" columns=&["Key", "Algorithm", "State", "Made", "Signs from", "Verifies until"]>{keys.into_iter().map(|key| view! { <KeyRow key_info=key /> }).collect_view()}</Table>
    }
}

#[component]
fn KeyRow(key_info: KeyInfo) -> impl IntoView {
    let KeyInfo { kid, algorithm, state, created_at, signs_from, ends_at, .. } = key_info;
    view! {
        <Row>
            <Cell label="Key"><Link href=format!("/admin/keys/{kid}")><ShortKid kid=kid.clone() /></Link></Cell>
            <Cell label="Algorithm">{algorithm}</Cell>
            <Cell label="State"><StateBadge state /></Cell>
            <Cell label="Made"><Ago ms=created_at /></Cell>
            <Cell label="Signs from"><Ago ms=signs_from /></Cell>
            <Cell label="Verifies until">{ends_at.map(|ms| view! { <Ago ms /> }.into_any()).unwrap_or_else(|| "as long as it signs".into_any())}</Cell>
        </Row>
    }
}

/// The first letters of a key's id; the whole is one hover away.
#[component]
pub fn ShortKid(kid: String) -> impl IntoView {
    let short = short(&kid);
    view! { <code title=kid>{short}</code> }
}

/// Enough of a key's id to tell it from the others.
pub fn short(kid: &str) -> String {
    let letters: String = kid.chars().take(8).collect();
    format!("{letters}…")
}

#[component]
pub fn StateBadge(state: KeyState) -> impl IntoView {
    let (class, word) = match state {
        KeyState::Next => ("badge", "next"),
        KeyState::Signing => ("badge", "signs"),
        KeyState::Retired => ("badge quiet", "verifies only"),
        KeyState::Dead => ("badge quiet", "dead"),
        KeyState::Revoked => ("badge warning", "killed"),
    };
    view! { <span class=class>{word}</span> }
}

#[component]
fn RotateForm() -> impl IntoView {
    view! {
        <Form action=RotateKeys::PATH>
            <ProofField />
            <SubmitButton label="Rotate" pending_label="Making a key…" />
        </Form>
    }
}

/// What was done on the page before this one.
#[component]
fn ReceiptNotice() -> impl IntoView {
    let typed = typed();
    let rotation = serde_json::from_str::<Rotation>(&typed.get("rotation")).ok();
    let killed = serde_json::from_str::<KeyReceipt>(&typed.get("killed")).ok();
    let words = rotation.map(|rotation| rotated(&rotation)).or_else(|| killed.map(|receipt| was_killed(&receipt)))?;
    Some(view! {
        <div id="receipt" tabindex="-1" role="status" autofocus>
            <Notice kind="success">{words}</Notice>
        </div>
    })
}

fn rotated(rotation: &Rotation) -> String {
    let Rotation { kid, algorithm, signs_from } = rotation;
    format!("The {algorithm} key {} is published and signs from {}.", short(kid), minute(*signs_from))
}

fn was_killed(receipt: &KeyReceipt) -> String {
    let KeyReceipt { kid, signing, milliseconds } = receipt;
    format!(
        "The key {} is dead, and {} signs. What it had signed is refused; that took {milliseconds} ms.",
        short(kid),
        short(signing),
    )
}
