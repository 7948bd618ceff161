//! `/signup` and `/setup`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::{SetUp, SignUp};
use crate::{
    base::error::Field,
    ui::{
        field::TextField,
        form::{Form, SubmitButton},
        frame::{Link, Page},
        password_field::NewPasswordField,
    },
    web::page::typed,
};

#[component]
pub fn SignupPage() -> impl IntoView {
    let typed = typed();
    view! {
        <Page title="Sign up" narrow=true>
            <SignupForm name=typed.get("name") email=typed.get("email") />
            <p>"Already have an account? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}

#[component]
fn SignupForm(name: String, email: String) -> impl IntoView {
    view! {
        <Form action=SignUp::PATH>
            <AccountFields name email />
            <SubmitButton label="Sign up" pending_label="Creating your account…" />
        </Form>
    }
}

#[component]
fn AccountFields(name: String, email: String) -> impl IntoView {
    view! {
        <TextField
            name="name"
            label="Name"
            field=Field::Name
            autocomplete="name"
            help="Shown to other people."
            autofocus=true
            value=name
        />
        <TextField name="email" label="Email" field=Field::Email kind="email" autocomplete="username" value=email />
        <NewPasswordField label="Password" />
    }
}

#[component]
pub fn SetupPage(
    /// Names the link that opened it.
    link: String,
) -> impl IntoView {
    let typed = typed();
    view! {
        <Page title="Create the first administrator" narrow=true>
            <p>"This server has no administrator yet. This link works once."</p>
            <SetupForm link name=typed.get("name") email=typed.get("email") />
        </Page>
    }
}

#[component]
fn SetupForm(link: String, name: String, email: String) -> impl IntoView {
    view! {
        <Form action=SetUp::PATH>
            <input type="hidden" name="link" value=link />
            <AccountFields name email />
            <SubmitButton label="Create administrator" pending_label="Creating the account…" />
        </Form>
    }
}
