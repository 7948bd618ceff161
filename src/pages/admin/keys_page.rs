//! `/admin/keys`: the keys that sign tokens, and the way to the next one. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, ReceiptNotice, actions::RotateKeys, may_act, short};
use crate::{
    auth::tokens::{KeyInfo, KeyPurpose, KeyState},
    base::state::AppState,
    ui::{
        code::CodeBlock,
        draw::Draw,
        form::{Form, ProofField, SubmitButton},
        frame::{Card, Link, Page},
        table::{Cell, Row, Table},
        tabs::Tabs,
        when::{Ago, moment, span},
    },
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
    let base = expect_context::<AppState>().config.issuer();
    let waiting = keys.iter().find(|key| key.purpose == KeyPurpose::All && key.state == KeyState::Next);
    let waiting = waiting.map(|key| key.signs_from);
    let others = keys.iter().any(|key| key.purpose != KeyPurpose::All && key.state == KeyState::Signing);
    let columns: &[&str] = match may_act() {
        true => &["Key", "Algorithm", "State", "Created", "In use from", "Valid until", "Action"],
        false => &["Key", "Algorithm", "State", "Created", "In use from", "Valid until"],
    };
    view! {
        <Page title="Keys">
            <Tabs label="Administration" pages=PAGES />
            <ReceiptNotice />
            <p>
                "These keys sign access tokens and ID tokens. To verify tokens in another service, use the "
                <Link href="/.well-known/jwks.json">"public keys"</Link>" at:"
            </p>
            <CodeBlock text=format!("{base}/.well-known/jwks.json") what="the URL of the public keys" />
            <Table label="Signing keys" columns=columns>
                {keys.into_iter().map(|key| view! { <KeyRow key_info=key /> }).collect_view()}
            </Table>
            <Rotate algorithm lead_seconds signing_since_ms waiting others />
        </Page>
    }
}

#[component]
fn Rotate(
    algorithm: &'static str,
    lead_seconds: i64,
    signing_since_ms: i64,
    /// When the key signs that is published already.
    waiting: Option<i64>,
    /// There are keys for ID tokens alone.
    others: bool,
) -> impl IntoView {
    let current = match signing_since_ms {
        ..60_000 => "The current key has just come into use. ".to_owned(),
        ms => format!("The current key has been in use for {}. ", span(ms)),
    };
    let next = match waiting {
        Some(signs_from) => format!("The next one is published and will be in use from {}.", moment(signs_from)),
        None => format!(
            "This publishes a new {algorithm} key now and starts using it in {}, so verifiers have time to fetch it. \
             Existing tokens stay valid. Users won't notice.{}",
            span(lead_seconds * 1000),
            if others { " The key for ID tokens is replaced with it." } else { "" },
        ),
    };
    view! {
        <Card id="rotate" heading="Rotate keys">
            <p>{current}{next}</p>
            {(may_act() && waiting.is_none()).then(|| view! {
                <Form action=RotateKeys::PATH>
                    <ProofField />
                    <SubmitButton label="Rotate keys" pending_label="Creating key…" />
                </Form>
            })}
        </Card>
    }
}

#[component]
fn KeyRow(key_info: KeyInfo) -> impl IntoView {
    let (algorithm, from) = (algorithm_of(&key_info), key_info.in_use_from());
    let KeyInfo { kid, state, created_at, ends_at, .. } = key_info;
    // The whole id is one hover away.
    let (page, short) = (format!("/admin/keys/{kid}"), short(&kid));
    let (revoke, which) = (format!("{page}#revoke"), format!(" key {short}"));
    view! {
        <Row>
            <Cell label="Key"><Link href=page><code title=kid>{short}</code></Link></Cell>
            <Cell label="Algorithm">{algorithm}</Cell>
            <Cell label="State"><StateBadge state /></Cell>
            <Cell label="Created"><Ago ms=created_at /></Cell>
            <Cell label="In use from">{from.map(|ms| view! { <Ago ms /> }.drawn()).unwrap_or_else(|| "never".drawn())}</Cell>
            <Cell label="Valid until">{ends_at.map(|ms| view! { <Ago ms /> }.drawn()).unwrap_or_else(|| "while in use".drawn())}</Cell>
            {may_act().then(|| view! {
                <Cell label="Action">
                    {state.is_in_use().then(|| view! {
                        <Link href=revoke class="button">"Revoke"<span class="visually-hidden">{which}</span></Link>
                    })}
                </Cell>
            })}
        </Row>
    }
}

/// Also what the key is for, unless that's every token.
pub fn algorithm_of(key: &KeyInfo) -> String {
    match key.purpose {
        KeyPurpose::All => key.algorithm.clone(),
        KeyPurpose::IdTokens => format!("{}, for ID tokens", key.algorithm),
    }
}

#[component]
pub fn StateBadge(state: KeyState) -> impl IntoView {
    let (class, word) = badge_of(state);
    view! { <span class=class>{word}</span> }
}

/// Its class, and its word.
pub fn badge_of(state: KeyState) -> (&'static str, &'static str) {
    match state {
        KeyState::Next => ("badge", "Next"),
        KeyState::Signing => ("badge", "In use"),
        KeyState::Retired => ("badge quiet", "Retired"),
        KeyState::Dead => ("badge quiet", "Expired"),
        KeyState::Revoked => ("badge warning", "Revoked"),
    }
}
