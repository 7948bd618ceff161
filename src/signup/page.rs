//! `/signup` and `/setup`. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::actions::{SetUp, SignUp};
use crate::{
    error::{AppError, Field},
    ui::{
        field::TextField,
        form::{FormError, SubmitButton, at, begins_with, error_of, focus_first_error},
        frame::{Link, Page, with_content},
    },
    users::password_field::{NewPasswordField, min_chars},
    web::page::{refused, typed},
};

const FIELDS: &[(Field, &str)] = &[(Field::Name, "name"), (Field::Email, "email"), (Field::Password, "password")];

#[component]
pub fn SignupPage() -> impl IntoView {
    with_content(|()| {
        let typed = typed();
        view! {
            <Page title="Sign up" narrow=true>
                <SignupForm name=typed.get("name") email=typed.get("email") min=min_chars() before=refused() />
                <p>"Have an account? "<Link href="/login">"Log in"</Link></p>
            </Page>
        }
    })
}

#[island]
fn SignupForm(name: String, email: String, min: u8, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<SignUp>::new();
    let begins_with = begins_with_each(before.as_ref());
    let error = error_of(action, before);
    focus_first_error(error, FIELDS);
    view! {
            <FormError error />
            <ActionForm action attr:class="form" attr:novalidate="">
                <AccountFields name email min begins_with error />
                <SubmitButton label="Sign up" pending_label="Making your account…" pending=action.pending() />
            </ActionForm>
    }
}

/// Which of [`FIELDS`] has the focus when the page comes.
fn begins_with_each(before: Option<&AppError>) -> [bool; 3] {
    ["name", "email", "password"].map(|id| begins_with(id, before, FIELDS))
}

#[component]
fn AccountFields(
    name: String,
    email: String,
    min: u8,
    begins_with: [bool; 3],
    error: Signal<Option<AppError>>,
) -> impl IntoView {
    let [with_name, with_email, with_password] = begins_with;
    view! {
        <TextField
            name="name"
            label="Name"
            autocomplete="name"
            help="What others see."
            autofocus=with_name
            value=name
            error=at(error, Field::Name)
        />
        <TextField
            name="email"
            label="E-mail"
            kind="email"
            autocomplete="username"
            autofocus=with_email
            value=email
            error=at(error, Field::Email)
        />
        <NewPasswordField label="Password" min autofocus=with_password error=at(error, Field::Password) />
    }
}

/// Its content is the one-time token that opened it.
#[component]
pub fn SetupPage() -> impl IntoView {
    with_content(|token: String| {
        let typed = typed();
        view! {
            <Page title="First administrator" narrow=true>
                <p>"This server has no administrator yet. The link that brought you here works once."</p>
                <SetupForm token name=typed.get("name") email=typed.get("email") min=min_chars() before=refused() />
            </Page>
        }
    })
}

#[island]
fn SetupForm(token: String, name: String, email: String, min: u8, before: Option<AppError>) -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let begins_with = begins_with_each(before.as_ref());
    let error = error_of(action, before);
    focus_first_error(error, FIELDS);
    view! {
            <FormError error />
            <ActionForm action attr:class="form" attr:novalidate="">
                <input type="hidden" name="token" value=token />
                <AccountFields name email min begins_with error />
                <SubmitButton label="Make the administrator" pending_label="Making the account…" pending=action.pending() />
            </ActionForm>
    }
}
