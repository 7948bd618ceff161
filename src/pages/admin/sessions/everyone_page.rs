//! `/admin/sessions/everyone`: log everyone out. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    base::error::Field,
    pages::admin::{EVERYONE_WORDS, PAGES, act_form::ReasonField, actions::LogOutEveryone, may_act},
    ui::{
        field::TextField,
        form::{Form, ProofField, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn EveryonePage(
    /// Live ones, besides one's own; `None` while they are being counted.
    others: Option<i64>,
) -> impl IntoView {
    let others = match others {
        None => "Many other sessions are live now.".to_owned(),
        Some(0) => "No other session is live now.".to_owned(),
        Some(1) => "1 other session is live now.".to_owned(),
        Some(n) => format!("{n} other sessions are live now."),
    };
    view! {
        <Page title="Log everyone out">
            <Tabs label="Administration" pages=PAGES />
            <section class="card" aria-labelledby="what">
                <h2 id="what">"What happens"</h2>
                <ul class="steps">
                    <li>{others}" They end at once, on every device, and so does every access token, on every instance."</li>
                    <li>"Everybody can log in again right away. Nobody loses anything that is stored; open pages keep what was typed."</li>
                    <li>"This session goes on, so that you see that it worked. All your other ones end, too."</li>
                </ul>
                <p>"It cannot be undone."</p>
            </section>
            {if may_act() {
                view! {
                    <section class="card danger" aria-labelledby="do">
                        <h2 id="do">"Do it"</h2>
                        <p>"The words are " <strong>{EVERYONE_WORDS}</strong>"."</p>
                        <EveryoneForm
                            confirmation=typed().get("confirmation")
                            reason=typed().get("reason")
                        />
                    </section>
                }
                .into_any()
            } else {
                view! { <Notice kind="info">"Only an administrator can do it."</Notice> }.into_any()
            }}
            <p><Link href="/admin/sessions">"Back to the sessions"</Link></p>
        </Page>
    }
}

#[component]
fn EveryoneForm(confirmation: String, reason: String) -> impl IntoView {
    view! {
        <Form action=LogOutEveryone::PATH>
            <TextField
                name="confirmation"
                label="Type the words"
                field=Field::Confirmation
                autocomplete="off"
                help="So that nobody does this by mistake."
                value=confirmation
            />
            <ReasonField
                help="Goes into the audit log. People are told only that an administrator did it."
                value=reason
            />
            <ProofField />
            <SubmitButton label="Log everyone out" pending_label="Logging everyone out…" class="button danger" />
        </Form>
    }
}
