//! `/reset`: where the link of a mail leads. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{actions::ResetPassword, forgot_page::ForgotForm};
use crate::{
    error::AppError,
    ui::{
        form::{Form, OnlyAfter, SubmitButton},
        frame::{Link, Page, with_content},
        notice::Notice,
    },
    users::password_field::NewPasswordField,
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
                <ResetForm email name />
            </Page>
        }
    })
}

#[component]
fn ResetForm(email: String, name: String) -> impl IntoView {
    view! {
        <Form action=ResetPassword::PATH>
            <OnlyAfter error=AppError::LinkDead><p><Link href="/reset">"Ask for a new link"</Link></p></OnlyAfter>
            // Tells a password manager whose password this is.
            <input type="text" name="username" value=email.clone() autocomplete="username" hidden />
            <NewPasswordField label="New password" email person=name autofocus=true />
            <SubmitButton label="Set the password" pending_label="Setting…" />
        </Form>
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
