//! `/forgot` and `/forgot/sent`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::ForgotPassword;
use crate::{
    base::error::Field,
    ui::{
        contact::AskForHelp,
        draw::Draw,
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
                    <p>"Enter your email address and we'll send you a link to choose a new password."</p>
                    <ForgotForm />
                }.drawn(),
                false => view! {
                    <Notice kind="warning">"This server can't send email, so it can't send you a link. " <AskForHelp /></Notice>
                }.drawn(),
            }}
            <p>"Remembered it? "<Link href="/login">"Log in"</Link></p>
        </Page>
    }
}

/// An error of the link that led here stands above, and is not about this.
#[component]
pub fn ForgotForm() -> impl IntoView {
    let (email, before) = (typed().get("email"), refused().filter(|error| !error.is_of_link()));
    view! {
        <Form action=ForgotPassword::PATH before>
            <TextField name="email" label="Email" field=Field::Email kind="email" autocomplete="username" value=email />
            <SubmitButton label="Send link" pending_label="Sending…" />
        </Form>
    }
}

#[component]
pub fn ForgotSentPage() -> impl IntoView {
    let email = typed().get("email");
    let address = if email.is_empty() { "this email address".to_owned() } else { email };
    view! {
        <Page title="Reset your password: check your email" heading="Check your email" narrow=true>
            <p>"If " <strong>{address}</strong> " has an account, we've sent it a link. The link works for 30 minutes."</p>
            <h2>"Didn't get it?"</h2>
            <ul>
                <li>"Wait a few minutes and check your spam folder."</li>
                <li>"You may have signed up with a different address. "<Link href="/forgot">"Try another address"</Link></li>
            </ul>
        </Page>
    }
}
