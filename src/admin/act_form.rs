//! The forms of acts on an account. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::{Act, ActPage, REASON_MAX_CHARS, actions::ForceLogOut};
use crate::{
    error::{AppError, Field},
    sessions::proof::ProofField,
    ui::{
        field::{Checkbox, TextField},
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        notice::Notice,
    },
    users::Role,
    web::page::{refused, typed},
};

const REASON_HELP: &str = "Goes into the audit log. The person is told only that an administrator did it.";

/// A plain form: the answer is another page, and the password is asked for at `/confirm`, which goes on with the act.
/// So nothing of six forms has to be in the browser's package but the button that waits.
#[component]
pub fn ActForm(page: ActPage) -> impl IntoView {
    let ActPage { act, person, undo, .. } = page;
    let (typed, refused) = (typed(), refused());
    let error = Signal::stored(refused.clone());
    let at_field = |field| refused.as_ref().is_some_and(|error| error.at(field).is_some());
    // What was to be undone is not the last word any more: the next try is an act of its own.
    let undo = undo.filter(|_| refused != Some(AppError::ChangedMeanwhile));
    let elsewhere = refused.clone().filter(|_| !at_field(Field::Reason) && !at_field(Field::Confirmation));
    let (undone, reason_of_undo, role_before) =
        undo.map_or_else(Default::default, |undo| (undo.event, undo.reason, undo.role));
    let reason = if typed.get("reason").is_empty() { reason_of_undo } else { typed.get("reason") };
    let role = Role::parse(&typed.get("role")).or(role_before).unwrap_or(person.role);
    view! {
        {elsewhere.map(|error| view! {
            <div id="form-error" tabindex="-1" role="alert" autofocus><Notice kind="error">{error.to_string()}</Notice></div>
        })}
        <form method="post" action=act.action() class="form" novalidate>
            <input type="hidden" name="user" value=person.id />
            {(!undone.is_empty()).then(|| view! { <input type="hidden" name="undo" value=undone /> })}
            {(act == Act::ChangeRole).then(|| view! { <Roles chosen=role /> })}
            {(act == Act::StartReset).then(|| view! {
                <Checkbox
                    name="end_all"
                    label="End everything now, the present password too"
                    help="For a theft: whoever knows the password cannot log in again meanwhile."
                    checked=typed.get("end_all") == "on"
                />
            })}
            {(act == Act::Delete).then(|| view! {
                <p class="any-break">"The e-mail address is " <strong>{person.email}</strong>"."</p>
                <TextField
                    name="confirmation"
                    label="Type it here"
                    autocomplete="off"
                    help="So that nobody is deleted by mistake."
                    value=typed.get("confirmation")
                    autofocus=at_field(Field::Confirmation)
                    error=at(error, Field::Confirmation)
                />
            })}
            <TextField
                name="reason"
                label="Reason"
                autocomplete="off"
                help=REASON_HELP
                maxlength=REASON_MAX_CHARS
                value=reason
                autofocus=at_field(Field::Reason)
                error=at(error, Field::Reason)
            />
            <SendButton
                label=act.label().to_owned()
                pending_label=act.pending_label().to_owned()
                class=if act.is_grave() { "button danger" } else { "button primary" }.to_owned()
            />
        </form>
    }
}

#[component]
fn Roles(chosen: Role) -> impl IntoView {
    view! {
        <div class="field">
            <label for="role">"Role"</label>
            <select id="role" name="role">
                {Role::ALL
                    .into_iter()
                    .map(|role| view! { <option value=role.as_text() selected=role == chosen>{role.as_text()}</option> })
                    .collect_view()}
            </select>
        </div>
    }
}

/// Sends its form once: who presses twice would be told that somebody else was quicker.
#[island]
fn SendButton(label: String, pending_label: String, class: String) -> impl IntoView {
    let pending = RwSignal::new(false);
    view! {
        <button
            type="submit"
            class=class
            aria-disabled=move || pending.get().then_some("true")
            on:click=move |event| {
                if pending.get_untracked() {
                    event.prevent_default();
                }
                pending.set(true);
            }
        >
            {move || if pending.get() { pending_label.clone() } else { label.clone() }}
        </button>
    }
}

/// Ends everything, or one session.
#[island]
pub fn ForceForm(id: String, sid: String, reason: String, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<ForceLogOut>::new();
    let error = error_of(action, before);
    focus_first_error(error, &[(Field::Reason, "reason"), (Field::CurrentPassword, "password")]);
    view! {
        <FormError error />
        <ActionForm action attr:class="form" attr:novalidate="">
            <input type="hidden" name="user" value=id />
            {(!sid.is_empty()).then(|| view! { <input type="hidden" name="sid" value=sid /> })}
            <TextField
                name="reason"
                label="Reason"
                autocomplete="off"
                help=REASON_HELP
                maxlength=REASON_MAX_CHARS
                value=reason
                error=at(error, Field::Reason)
            />
            <ProofField error />
            <SubmitButton label="Force log-out" pending_label="Ending…" pending=action.pending() class="button danger" />
        </ActionForm>
    }
}
