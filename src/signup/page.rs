//! `/signup` and `/setup`. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::actions::{SetUp, SignUp};
use crate::{
    error::{AppError, Field},
    ui::{
        field::{PasswordField, TextField},
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, with_content},
    },
    web::page::typed,
};

const FIELDS: &[(Field, &str)] = &[(Field::Name, "name"), (Field::Email, "email"), (Field::Password, "password")];

#[component]
pub fn SignupPage() -> impl IntoView {
    with_content(|()| view! { <SignupForm /> })
}

#[component]
fn SignupForm() -> impl IntoView {
    let action = ServerAction::<SignUp>::new();
    let error = error_of(action);
    focus_first_error(error, FIELDS);
    view! {
        <Page title="Sign up" narrow=true>
            <FormError error />
            <ActionForm action attr:class="form" attr:novalidate="">
                <AccountFields error />
                <SubmitButton label="Sign up" pending_label="Making your account…" pending=action.pending() />
            </ActionForm>
            <p>"Have an account? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}

#[component]
fn AccountFields(error: Signal<Option<AppError>>) -> impl IntoView {
    let typed = typed();
    view! {
        <TextField
            name="name"
            label="Name"
            autocomplete="name"
            help="What others see."
            value=typed.get("name")
            error=at(error, Field::Name)
        />
        <TextField
            name="email"
            label="E-mail"
            kind="email"
            autocomplete="username"
            value=typed.get("email")
            error=at(error, Field::Email)
        />
        <PasswordField
            label="Password"
            autocomplete="new-password"
            help="10 characters or more. A short sentence is easy to remember."
            error=at(error, Field::Password)
        />
    }
}

/// Its content is the one-time token that opened it.
#[component]
pub fn SetupPage() -> impl IntoView {
    with_content(|token: String| view! { <SetupForm token /> })
}

#[component]
fn SetupForm(token: String) -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let error = error_of(action);
    focus_first_error(error, FIELDS);
    view! {
        <Page title="First administrator" narrow=true>
            <p>"This server has no administrator yet. The link that brought you here works once."</p>
            <FormError error />
            <ActionForm action attr:class="form" attr:novalidate="">
                <input type="hidden" name="token" value=token />
                <AccountFields error />
                <SubmitButton label="Make the administrator" pending_label="Making the account…" pending=action.pending() />
            </ActionForm>
        </Page>
    }
}
