//! Proving again who one is: the field inside the form of a sensitive act, and the page `/confirm`. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::Confirm;
use crate::{
    error::{AppError, Field},
    ui::{
        field::PasswordField,
        form::{Form, FormFrame, Here, SubmitButton},
        frame::{Page, with_content},
        notice::Notice,
    },
    web::page::{Typed, refused, typed},
};

/// Stands in the form of every sensitive act: the password field, which comes into the page once the act has asked for
/// it. Whatever was typed or chosen stays, and the same button goes on. Without JavaScript [`ConfirmPage`] does this.
#[component]
pub fn ProofField() -> impl IntoView {
    view! {
        <template>
            <PasswordField label="Your password" field=Field::CurrentPassword autocomplete="current-password" />
        </template>
    }
}

/// Where everybody comes who has to prove again who they are, and goes on from: with the page that they wanted, or with
/// the act that they began without JavaScript.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    with_content(|super::ConfirmPage { email, next, act }| {
        let mut fields = typed().0;
        let typed_for = fields.remove(Typed::ACT).filter(|path| path.starts_with("/actions/"));
        let lost = act.is_some() && act != typed_for;
        let path = typed_for.filter(|path| act.as_ref() == Some(path));
        // The page itself says what `ProofNeeded` would.
        let before = refused().filter(|error| *error != AppError::ProofNeeded);
        let form = match path {
            Some(path) => {
                let fields = fields.into_iter().collect();
                view! { <GoOnForm path email fields before /> }.into_any()
            }
            None => view! { <ConfirmForm email next before /> }.into_any(),
        };
        view! {
            <Page title="Confirm that it is you" narrow=true>
                <p>"What comes next is sensitive, and you entered your password a while ago. Enter it again to go on."</p>
                {lost.then(|| view! {
                    <Notice kind="warning">"What you wanted to do was not kept for so long. You can do it again on the page that comes next."</Notice>
                })}
                {form}
            </Page>
        }
    })
}

#[component]
fn ConfirmForm(email: String, next: String, before: Option<AppError>) -> impl IntoView {
    view! {
        <Form action=Confirm::PATH before>
            <UserName email />
            <PasswordField
                label="Your password"
                field=Field::CurrentPassword
                autocomplete="current-password"
                autofocus=true
            />
            <input type="hidden" name="next" value=next />
            <SubmitButton label="Go on" pending_label="Checking…" />
        </Form>
    }
}

/// The act that waits, with everything that was typed for it. A plain form: the answer is another page.
#[component]
fn GoOnForm(path: String, email: String, fields: Vec<(String, String)>, before: Option<AppError>) -> impl IntoView {
    let label = in_words(&path);
    let makes = [
        "rotate_keys",
        "start_second_factor",
        "turn_on_second_factor",
        "make_recovery_codes",
        "enable_user",
        "change_role",
        "start_reset",
    ];
    let class = if makes.iter().any(|act| path.ends_with(act)) { "button primary" } else { "button danger" };
    let reason = fields.iter().find(|(name, _)| name == "reason").map(|(_, reason)| reason.clone());
    view! {
        <FormFrame before>
            {reason.map(|reason| view! { <p>"Reason: “" {reason} "”"</p> })}
            <form method="post" action=path class="form">
                <Here />
                <UserName email />
                {fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()}
                <PasswordField
                    label="Your password"
                    field=Field::CurrentPassword
                    autocomplete="current-password"
                    autofocus=true
                />
                <button type="submit" class=class>{label}</button>
            </form>
        </FormFrame>
    }
}

/// Tells a password manager whose password is asked for.
#[component]
fn UserName(email: String) -> impl IntoView {
    view! { <input type="text" name="username" value=email autocomplete="username" hidden /> }
}

/// `/actions/end_other_sessions` as "End other sessions".
fn in_words(path: &str) -> String {
    let words = path.rsplit('/').next().unwrap_or_default().replace('_', " ").replace("log out", "log-out");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
