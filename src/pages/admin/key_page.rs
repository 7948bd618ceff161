//! `/admin/keys/{kid}`: one signing key, and the way to kill it. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES,
    act_form::ReasonField,
    actions::KillKey,
    keys_page::{StateBadge, short},
    may_act,
};
use crate::{
    auth::tokens::{KeyInfo, KeyState},
    ui::{
        form::{Form, ProofField, SubmitButton},
        frame::Page,
        tabs::Tabs,
        when::When,
    },
    web::page::typed,
};

#[component]
pub fn KeyPage(info: KeyInfo) -> impl IntoView {
    let KeyInfo { kid, algorithm, state, created_at, signs_from, ends_at, revoke_reason } = info;
    view! {
        <Page title="Key" heading=format!("Key {}", short(&kid))>
            <Tabs label="Administration" pages=PAGES />
            <section class="card" aria-labelledby="facts">
                <h2 id="facts">"Key"</h2>
                <dl class="facts">
                    <div><dt>"Id"</dt><dd><code>{kid.clone()}</code></dd></div>
                    <div><dt>"Algorithm"</dt><dd>{algorithm}</dd></div>
                    <div><dt>"State"</dt><dd><StateBadge state /></dd></div>
                    <div><dt>"Made"</dt><dd><When ms=created_at /></dd></div>
                    <div><dt>"Signs from"</dt><dd><When ms=signs_from /></dd></div>
                    {ends_at.map(|ms| view! { <div><dt>"Verifies until"</dt><dd><When ms /></dd></div> })}
                    {(!revoke_reason.is_empty()).then(|| view! { <div><dt>"Killed because"</dt><dd>{revoke_reason}</dd></div> })}
                </dl>
            </section>
            {(may_act() && state.is_in_use()).then(|| view! {
                <section class="card danger" aria-labelledby="kill">
                    <h2 id="kill">"Kill"</h2>
                    <p>
                        "For a key that somebody else may have. Every token that it signed is refused at once, here and on "
                        "every instance. " {what_follows(state)}
                        " Nobody is logged out: browsers get their next token by themselves. Programs elsewhere that "
                        "verify tokens by themselves go on accepting its tokens until they have read the list of keys again."
                    </p>
                    <KillForm kid reason=typed().get("reason") />
                </section>
            })}
        </Page>
    }
}

fn what_follows(state: KeyState) -> &'static str {
    match state {
        KeyState::Signing => "Another key signs in its place from that moment on.",
        KeyState::Next => "It has signed nothing yet; the key that signs now goes on.",
        _ => "It signs no more; the key that signs now goes on.",
    }
}

#[component]
fn KillForm(kid: String, reason: String) -> impl IntoView {
    view! {
        <Form action=KillKey::PATH>
            <input type="hidden" name="kid" value=kid />
            <ReasonField help="Goes into the audit log." value=reason />
            <ProofField />
            <SubmitButton label="Kill this key" pending_label="Killing…" class="button danger" />
        </Form>
    }
}
