//! `/admin/keys/{kid}`: one signing key, and the way to revoke it. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES,
    act_form::ReasonField,
    actions::KillKey,
    keys_page::{StateBadge, algorithm_of},
    may_act, short,
};
use crate::{
    auth::tokens::{KeyInfo, KeyPurpose, KeyState},
    ui::{
        draw::Draw,
        form::{Form, ProofField, SubmitButton},
        frame::{Card, Page},
        tabs::Tabs,
        when::When,
    },
    web::page::typed,
};

#[component]
pub fn KeyPage(info: KeyInfo) -> impl IntoView {
    let (id, algorithm, from) = (info.kid.clone(), algorithm_of(&info), info.in_use_from());
    let KeyInfo { kid, purpose, state, created_at, ends_at, revoke_reason, .. } = info;
    view! {
        <Page title="Key" heading=format!("Key {}", short(&kid))>
            <Tabs label="Administration" pages=PAGES />
            <Card id="facts" heading="Key">
                <dl class="facts">
                    <div><dt>"ID"</dt><dd class="any-break"><code>{id}</code></dd></div>
                    <div><dt>"Algorithm"</dt><dd>{algorithm}</dd></div>
                    <div><dt>"State"</dt><dd><StateBadge state /></dd></div>
                    <div><dt>"Created"</dt><dd><When ms=created_at /></dd></div>
                    <div><dt>"In use from"</dt><dd>{from.map(|ms| view! { <When ms /> }.drawn()).unwrap_or_else(|| "never".drawn())}</dd></div>
                    {ends_at.map(|ms| view! { <div><dt>"Valid until"</dt><dd><When ms /></dd></div> })}
                    {(!revoke_reason.is_empty()).then(|| view! { <div><dt>"Reason for revoking"</dt><dd>{revoke_reason}</dd></div> })}
                </dl>
            </Card>
            {(may_act() && state.is_in_use()).then(|| view! {
                <Card id="revoke" heading="Revoke key" danger=true>
                    <p>
                        "Use this if a key may have leaked. Every token it signed is rejected at once, on every instance. "
                        {what_follows(state)}
                        " No one is logged out"
                        {(purpose == KeyPurpose::All).then_some(": browsers fetch a new token automatically")}
                        ". Other services that verify "
                        "tokens accept its tokens until they fetch the public keys again."
                    </p>
                    <Form action=KillKey::PATH>
                        <input type="hidden" name="kid" value=kid />
                        <ReasonField help="Recorded in the audit log." value=typed().get("reason") />
                        <ProofField />
                        <SubmitButton label="Revoke key" pending_label="Revoking…" class="button danger" />
                    </Form>
                </Card>
            })}
        </Page>
    }
}

fn what_follows(state: KeyState) -> &'static str {
    match state {
        KeyState::Signing => "Another key takes over at once.",
        KeyState::Next => "It hasn't signed any tokens yet. The current key stays in use.",
        _ => "It no longer signs tokens. The current key stays in use.",
    }
}
