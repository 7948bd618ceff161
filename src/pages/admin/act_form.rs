//! The forms of acts on an account. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};
use strum::VariantArray;

use super::{Act, ActPage, REASON_MAX_CHARS, actions::ForceLogout};
use crate::{
    auth::users::Role,
    base::error::{AppError, Field},
    ui::{
        field::{Checkbox, TextField},
        form::{Form, FormFrame, Here, ProofField, SubmitButton},
    },
    web::page::{refused, typed},
};

const REASON_HELP: &str = "Goes into the audit log. The person is told only that an administrator did it.";

/// A plain form: the answer is another page, and the password is asked for at `/confirm`, which goes on with the act.
/// Its button waits all the same: who presses twice would be told that somebody else was quicker.
#[component]
pub fn ActForm(page: ActPage) -> impl IntoView {
    let ActPage { act, person, undo, .. } = page;
    let (typed, refused) = (typed(), refused());
    // What was to be undone is not the last word any more: the next try is an act of its own.
    let undo = undo.filter(|_| refused != Some(AppError::ChangedMeanwhile));
    let (undone, reason_of_undo, role_before) =
        undo.map_or_else(Default::default, |undo| (undo.event, undo.reason, undo.role));
    let reason = if typed.get("reason").is_empty() { reason_of_undo } else { typed.get("reason") };
    let role = typed.get("role").parse().ok().or(role_before).unwrap_or(person.role);
    view! {
        <FormFrame>
            <form method="post" action=act.action() class="form" novalidate>
                <Here />
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
                        field=Field::Confirmation
                        autocomplete="off"
                        help="So that nobody is deleted by mistake."
                        value=typed.get("confirmation")
                    />
                })}
                <ReasonField help=REASON_HELP value=reason />
                <SubmitButton
                    label=act.label()
                    pending_label=act.pending_label()
                    class=if act.is_grave() { "button danger" } else { "button primary" }
                />
            </form>
        </FormFrame>
    }
}

/// Why, for the audit log.
#[component]
pub fn ReasonField(help: &'static str, value: String) -> impl IntoView {
    view! {
        <TextField
            name="reason"
            label="Reason"
            field=Field::Reason
            help
            maxlength=REASON_MAX_CHARS
            value
        />
    }
}

#[component]
fn Roles(chosen: Role) -> impl IntoView {
    view! {
        <div class="field">
            <label for="role">"Role"</label>
            <select id="role" name="role">
                {Role::VARIANTS
                    .iter()
                    .map(|role| view! { <option value=role.into_str() selected=*role == chosen>{role.into_str()}</option> })
                    .collect_view()}
            </select>
        </div>
    }
}

/// Ends everything, or one session. It answers where it is: who throws somebody out is in a hurry.
#[component]
pub fn ForceForm(id: String, sid: String, reason: String) -> impl IntoView {
    view! {
        <Form action=ForceLogout::PATH>
            <input type="hidden" name="user" value=id />
            {(!sid.is_empty()).then(|| view! { <input type="hidden" name="sid" value=sid /> })}
            <ReasonField help=REASON_HELP value=reason />
            <ProofField />
            <SubmitButton label="Force log-out" pending_label="Cause…" class="button danger" />
        </Form>
    }
}
