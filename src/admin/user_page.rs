//! `/admin/users/{id}`: one person's live sessions, and the way to end them. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::{PAGES, REASON_MAX_CHARS, ReceiptNotice, UserDetails, actions::ForceLogOut, may_act};
use crate::{
    error::{AppError, Field},
    sessions::{LiveSession, page::SessionList, proof::ProofField},
    ui::{
        field::TextField,
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Page, with_content},
        tabs::Tabs,
        when::{When, minute},
    },
    web::page::{refused, typed},
};

#[component]
pub fn UserPage() -> impl IntoView {
    with_content(|details| view! { <Content details /> })
}

#[component]
fn Content(details: UserDetails) -> impl IntoView {
    let UserDetails { user, sessions, is_self } = details;
    let live = sessions.len();
    view! {
        <Page title="User" heading=user.name.clone()>
            <Tabs label="Administration" pages=PAGES />
            <ReceiptNotice />
            <section class="card" aria-labelledby="person">
                <h2 id="person">"Account"</h2>
                <dl class="facts">
                    <div><dt>"E-mail"</dt><dd>{user.email}</dd></div>
                    <div><dt>"Role"</dt><dd>{user.role.as_text()}</dd></div>
                    <div><dt>"State"</dt><dd>{if user.disabled { "disabled" } else { "active" }}</dd></div>
                    <div><dt>"Since"</dt><dd><When ms=user.created_at /></dd></div>
                </dl>
            </section>
            <section class="card" aria-labelledby="sessions">
                <h2 id="sessions">"Live sessions"</h2>
                <SessionList sessions=sessions.clone() empty="No live session." />
            </section>
            {may_act().then(|| view! { <section class="card danger" aria-labelledby="force">
                <h2 id="force">"Force log-out"</h2>
                <p>
                    {match live {
                        0 => "No session is live. This still kills every access token that this person may hold.".to_owned(),
                        1 => "Ends 1 session now, and every access token that this person holds, before it expires.".to_owned(),
                        n => format!("Ends {n} sessions now, and every access token that this person holds, before it expires."),
                    }}
                    {is_self.then_some(" This is your own account: you will be logged out, too.")}
                </p>
                <ForceForm
                    id=user.id
                    sessions
                    chosen=typed().get("sid")
                    reason=typed().get("reason")
                    before=refused()
                />
            </section> })}
        </Page>
    }
}

#[island]
fn ForceForm(
    id: String,
    sessions: Vec<LiveSession>,
    chosen: String,
    reason: String,
    before: Option<AppError>,
) -> impl IntoView {
    let action = ServerAction::<ForceLogOut>::new();
    let error = error_of(action, before);
    focus_first_error(error, &[(Field::Reason, "reason"), (Field::CurrentPassword, "password")]);
    view! {
        <FormError error />
        <ActionForm action attr:class="form" attr:novalidate="">
            <input type="hidden" name="user" value=id />
            {(sessions.len() > 1).then(|| view! { <WhichSession sessions chosen /> })}
            <TextField
                name="reason"
                label="Reason"
                autocomplete="off"
                help="Goes into the audit log. The person is told only that an administrator did it."
                maxlength=REASON_MAX_CHARS
                value=reason
                error=at(error, Field::Reason)
            />
            <ProofField error />
            <SubmitButton label="Force log-out" pending_label="Ending…" pending=action.pending() class="button danger" />
        </ActionForm>
    }
}

/// Everything, or one session: then only the tokens of that session die.
#[component]
fn WhichSession(sessions: Vec<LiveSession>, chosen: String) -> impl IntoView {
    view! {
        <div class="field">
            <label for="sid">"What to end"</label>
            <select id="sid" name="sid">
                <option value="">"All sessions, and every token"</option>
                {sessions
                    .into_iter()
                    .map(|session| view! {
                        <option value=session.sid.clone() selected=session.sid == chosen>
                            {format!("Only {}, {}, since {}", session.device, session.ip, minute(session.created_at))}
                        </option>
                    })
                    .collect_view()}
            </select>
        </div>
    }
}
