//! `/forgot` and `/forgot/sent`. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::ForgotPassword;
use crate::{
    base::error::{AppError, Field},
    ui::{
        field::TextField,
        form::{Form, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
    },
    web::page::{refused, typed},
};

#[component]
pub fn ForgotPage(sends_mail: bool) -> impl IntoView {
    view! {
        <Page title="Forgot your password?" narrow=true>
            {match sends_mail {
                true => view! {
                    <p>"Enter your e-mail address, and we send you a link to choose a new one."</p>
                    <ForgotForm email=typed().get("email") before=refused() />
                }.into_any(),
                false => view! {
                    <Notice kind="warning">"This server sends no mail, so it cannot send you a link. Ask an administrator to help you."</Notice>
                }.into_any(),
            }}
            <p>"Remember it after all? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}

#[component]
pub fn ForgotForm(email: String, before: Option<AppError>) -> impl IntoView {
    view! {
        <Form action=ForgotPassword::PATH before>
            <TextField name="email" label="E-mail" field=Field::Email kind="email" autocomplete="username" value=email />
            <SubmitButton label="Send the link" pending_label="Sending…" />
        </Form>
    }
}

#[component]
pub fn ForgotSentPage() -> impl IntoView {
    let email = typed().get("email");
    let address = if email.is_empty() { "this address".to_owned() } else { email };
    view! {
        <Page title="New password: check your mail" heading="Check your mail" narrow=true>
            <p>"If there is an account with " <strong>{address}</strong> ", a mail is on its way. The link in it works for 30 minutes."</p>
            <h2>"Nothing comes?"</h2>
            <ul>
                <li>"Give it a few minutes, and look into the spam folder."</li>
                <li>"Perhaps you signed up with another address: "<Link href="/forgot">"try that one"</Link>"."</li>
            </ul>
        </Page>
    }
}
