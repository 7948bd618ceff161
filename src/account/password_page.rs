//! `/account/password`. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::{PAGES, actions::ChangePassword};
use crate::{
    error::{AppError, Field},
    ui::{
        field::PasswordField,
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Page, with_content},
        tabs::Tabs,
    },
    users::password_field::{NewPasswordField, min_chars},
    web::page::refused,
};

#[component]
pub fn PasswordPage() -> impl IntoView {
    with_content(|super::Owner { email, name }| {
        view! {
            <Page title="Password">
                <Tabs label="Account" pages=PAGES />
                <section class="card" aria-labelledby="change">
                    <h2 id="change">"Change it"</h2>
                    <p>"A new password logs out every other device. This one stays logged in."</p>
                    <ChangeForm email name min=min_chars() before=refused() />
                </section>
            </Page>
        }
    })
}

#[island]
fn ChangeForm(email: String, name: String, min: u8, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<ChangePassword>::new();
    let error = error_of(action, before);
    focus_first_error(error, &[(Field::CurrentPassword, "password"), (Field::Password, "new_password")]);
    view! {
        <FormError error />
        <ActionForm action attr:class="form" attr:novalidate="">
            // Tells a password manager whose password this is.
            <input type="text" name="username" value=email.clone() autocomplete="username" hidden />
            <PasswordField
                label="Current password"
                autocomplete="current-password"
                error=at(error, Field::CurrentPassword)
            />
            <NewPasswordField
                name="new_password"
                label="New password"
                min
                email
                person=name
                error=at(error, Field::Password)
            />
            <SubmitButton label="Change password" pending_label="Changing…" pending=action.pending() />
        </ActionForm>
    }
}
