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
    view! {
        <Page title="Sign up" narrow=true>
            <Form action=SignUp::PATH>
                <AccountFields />
                <SubmitButton label="Sign up" pending_label="Creating your account…" />
            </Form>
            <p>"Already have an account? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}

#[component]
fn AccountFields() -> impl IntoView {
    let typed = typed();
    view! {
        <TextField
            name="name"
            label="Name"
            field=Field::Name
            autocomplete="name"
            help="Shown to other people."
            autofocus=true
            value=typed.get("name")
        />
        <TextField name="email" label="Email" field=Field::Email kind="email" autocomplete="username" value=typed.get("email") />
        <NewPasswordField label="Password" />
    }
}

#[component]
pub fn SetupPage(
    /// Names the link that opened it.
    link: String,
) -> impl IntoView {
    view! {
        <Page title="Create the first administrator" narrow=true>
            <p>"This server has no administrator yet. This link works once."</p>
            <Form action=SetUp::PATH>
                <input type="hidden" name="link" value=link />
                <AccountFields />
                <SubmitButton label="Create administrator" pending_label="Creating the account…" />
            </Form>
        </Page>
    }
}
