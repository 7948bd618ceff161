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

/// Who sees the reason.
fn reason_help(name: &str) -> String {
    format!("Recorded in the audit log. {name} won't see it.")
}

/// A plain form: the answer is another page, and the password is asked for at `/confirm`, which goes on with the act.
/// Its button waits all the same: who presses twice would be told that somebody else was quicker.
#[component]
pub fn ActForm(page: ActPage) -> impl IntoView {
    let ActPage { act, person, undo, .. } = page;
    let (typed, refused, name) = (typed(), refused(), person.name);
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
                        label=format!("Log {name} out now and block the current password")
                        help="Choose this if someone else may know the password."
                        checked=typed.get("end_all") == "on"
                    />
                })}
                {(act == Act::Delete).then(|| view! {
                    <p class="any-break">"To confirm, type " <strong>{person.email}</strong>"."</p>
                    <TextField
                        name="confirmation"
                        label="Email address"
                        field=Field::Confirmation
                        autocomplete="off"
                        help="This makes sure you don't delete the wrong account."
                        value=typed.get("confirmation")
                    />
                })}
                <ReasonField help=reason_help(&name) value=reason />
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
pub fn ReasonField(#[prop(into)] help: String, value: String) -> impl IntoView {
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
                    .map(|role| view! { <option value=role.into_str() selected=*role == chosen>{role.words()}</option> })
                    .collect_view()}
            </select>
        </div>
    }
}

/// Ends everything, or one session. It answers where it is: who throws somebody out is in a hurry.
#[component]
pub fn ForceForm(id: String, name: String, sid: String, reason: String) -> impl IntoView {
    view! {
        <Form action=ForceLogout::PATH>
            <input type="hidden" name="user" value=id />
            {(!sid.is_empty()).then(|| view! { <input type="hidden" name="sid" value=sid /> })}
            <ReasonField help=reason_help(&name) value=reason />
            <ProofField />
            <SubmitButton label=Act::LogOut.label() pending_label=Act::LogOut.pending_label() class="button danger" />
        </Form>
    }
}
