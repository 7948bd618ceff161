//! `/signup` and `/setup`. Both sides.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};

use super::actions::{SetUp, SignUp, setup_is_open};
use crate::{
    error::{AppError, Field},
    sessions::actions::who_am_i,
    ui::{
        field::{PasswordField, TextField},
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, Refused},
    },
    web::typed,
};

const FIELDS: &[(Field, &str)] = &[(Field::Name, "name"), (Field::Email, "email"), (Field::Password, "password")];

#[component]
pub fn SignupPage() -> impl IntoView {
    let viewer = Resource::new_blocking(|| (), |()| who_am_i());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match viewer.await {
                    Ok(Some(_)) => view! { <Redirect path="/dashboard" /> }.into_any(),
                    _ => view! { <SignupForm /> }.into_any(),
                }
            })}
        </Suspense>
    }
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

#[component]
pub fn SetupPage() -> impl IntoView {
    let token = use_query_map().with_untracked(|query| query.get("token").unwrap_or_default());
    let open = Resource::new_blocking(
        {
            let token = token.clone();
            move || token.clone()
        },
        setup_is_open,
    );
    view! {
        <Suspense>
            {move || {
                let token = token.clone();
                Suspend::new(async move {
                    match open.await {
                        Ok(true) => view! { <SetupForm token /> }.into_any(),
                        Ok(false) => view! { <Refused error=AppError::SetupRefused /> }.into_any(),
                        Err(error) => view! { <Refused error /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
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
