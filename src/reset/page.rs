//! `/reset`: where the link of a mail leads. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::{actions::ResetPassword, forgot_page::ForgotForm};
use crate::{
    error::{AppError, Field},
    ui::{
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, with_content},
        notice::Notice,
    },
    users::password_field::{NewPasswordField, min_chars},
    web::page::{content, refused, typed},
};

#[component]
pub fn ResetPage() -> impl IntoView {
    if content::<super::ResetPage>() == Err(AppError::LinkDead) {
        return view! { <DeadLink /> }.into_any();
    }
    with_content(|super::ResetPage { email, name }| {
        view! {
            <Page title="Choose a new password" narrow=true>
                <p>"For " <strong>{email.clone()}</strong> ". It logs the account out everywhere; then you log in with the new password."</p>
                <ResetForm min=min_chars() email name before=refused() />
            </Page>
        }
    })
}

#[island]
fn ResetForm(min: u8, email: String, name: String, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<ResetPassword>::new();
    let error = error_of(action, before);
    focus_first_error(error, &[(Field::Password, "password")]);
    let is_dead = move || error.get() == Some(AppError::LinkDead);
    view! {
        <FormError error />
        {move || is_dead().then(|| view! { <p><Link href="/reset">"Ask for a new link"</Link></p> })}
        <ActionForm action attr:class="form" attr:novalidate="">
            // Tells a password manager whose password this is.
            <input type="text" name="username" value=email.clone() autocomplete="username" hidden />
            <NewPasswordField
                label="New password"
                min
                email
                person=name
                autofocus=true
                error=at(error, Field::Password)
            />
            <SubmitButton label="Set the password" pending_label="Setting…" pending=action.pending() />
        </ActionForm>
    }
}

/// No dead end: the way to a new link stands here.
#[component]
fn DeadLink() -> impl IntoView {
    let before = refused().filter(|error| *error != AppError::LinkDead);
    view! {
        <Page title="Link to a new password: does not work" heading="This link does not work" narrow=true>
            <Notice kind="error">{AppError::LinkDead.to_string()}</Notice>
            <p>"Enter your e-mail address, and we send you a new one."</p>
            <ForgotForm email=typed().get("email") before />
        </Page>
    }
}
