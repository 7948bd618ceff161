//! The forms of acts on an account. Server side.

use leptos::prelude::*;
use strum::VariantArray;

use super::{Act, ActPage, Person, act::end_all};
use crate::{
    auth::users::Role,
    base::error::{AppError, Field},
    ui::{
        draw::Draw,
        field::{Checkbox, SelectField, TextField},
        form::{Form, ProofField, SubmitButton},
    },
    web::page::{refused, typed},
};

#[component]
pub fn ActForm(page: ActPage) -> impl IntoView {
    let act = page.act;
    let class = if act.is_grave() { "button danger" } else { "button primary" };
    view! {
        <Form action=act.action()>
            <ActFields page />
            <ProofField />
            <SubmitButton label=act.label() pending_label=act.pending_label() class />
        </Form>
    }
}

#[component]
fn ActFields(page: ActPage) -> impl IntoView {
    let ActPage { act, person: Person { user, .. }, only, undo, .. } = page;
    let (typed, refused) = (typed(), refused());
    // What was to be undone is not the last word any more: the next try is an act of its own.
    let undo = undo.filter(|_| refused != Some(AppError::ChangedMeanwhile)).unwrap_or_default();
    let reason = if typed.get("reason").is_empty() { undo.reason } else { typed.get("reason") };
    let role = typed.get("role").parse().ok().or(undo.role).unwrap_or(user.role());
    let roles = Role::VARIANTS.iter().map(|one| (one.into_str(), one.words())).collect();
    let help = format!("Recorded in the audit log. {} won't see it.", user.name);
    view! {
        <input type="hidden" name="user" value=user.id />
        {only.map(|session| view! { <input type="hidden" name="sid" value=session.sid /> })}
        {(!undo.event.is_empty()).then(|| view! { <input type="hidden" name="undo" value=undo.event /> })}
        {match act {
            Act::ChangeRole => view! { <SelectField name="role" label="Role" options=roles chosen=role.into_str() /> }.drawn(),
            Act::StartReset => view! {
                <Checkbox
                    name="end_all"
                    label=end_all(&user.name)
                    help="Choose this if someone else may know the password."
                    checked=typed.get("end_all") == "on"
                />
            }
            .drawn(),
            Act::Delete => view! { <Confirmation email=user.email value=typed.get("confirmation") /> }.drawn(),
            _ => ().drawn(),
        }}
        <ReasonField help value=reason />
    }
}

#[component]
fn Confirmation(email: String, value: String) -> impl IntoView {
    view! {
        <p class="any-break">"To confirm, type " <strong>{email}</strong>"."</p>
        <TextField
            name="confirmation"
            label="Email address"
            field=Field::Confirmation
            autocomplete="off"
            help="This makes sure you don't delete the wrong account."
            value
        />
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
            value
        />
    }
}
