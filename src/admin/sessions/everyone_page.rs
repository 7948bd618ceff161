//! `/admin/sessions/everyone`: log everyone out. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::EveryonePage;
use crate::{
    admin::{EVERYONE_WORDS, PAGES, REASON_MAX_CHARS, actions::LogOutEveryone, may_act},
    error::{AppError, Field},
    sessions::proof::ProofField,
    ui::{
        field::TextField,
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, with_content},
        notice::Notice,
        tabs::Tabs,
    },
    web::page::{refused, typed},
};

#[component]
pub fn EveryonePage() -> impl IntoView {
    with_content(|page| view! { <Content page /> })
}

#[component]
fn Content(page: EveryonePage) -> impl IntoView {
    let others = match page.others {
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
                            before=refused()
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

#[island]
fn EveryoneForm(confirmation: String, reason: String, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<LogOutEveryone>::new();
    let error = error_of(action, before);
    let fields =
        &[(Field::Confirmation, "confirmation"), (Field::Reason, "reason"), (Field::CurrentPassword, "password")];
    focus_first_error(error, fields);
    view! {
        <FormError error />
        <ActionForm action attr:class="form" attr:novalidate="">
            <TextField
                name="confirmation"
                label="Type the words"
                autocomplete="off"
                help="So that nobody does this by mistake."
                value=confirmation
                error=at(error, Field::Confirmation)
            />
            <TextField
                name="reason"
                label="Reason"
                autocomplete="off"
                help="Goes into the audit log. People are told only that an administrator did it."
                maxlength=REASON_MAX_CHARS
                value=reason
                error=at(error, Field::Reason)
            />
            <ProofField error />
            <SubmitButton
                label="Log everyone out"
                pending_label="Logging everyone out…"
                pending=action.pending()
                class="button danger"
            />
        </ActionForm>
    }
}
