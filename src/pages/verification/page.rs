//! `/verify`: where the link of a mail leads. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::{SendVerification, Verify};
use crate::{
    auth::sessions::Viewer,
    base::error::{AppError, Field},
    ui::{
        contact::OfferHelp,
        draw::Draw,
        field::{PasswordField, TextField},
        form::{Form, OnlyAfter, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
    },
    web::page::{refused, typed},
};

#[component]
pub fn VerifyPage(
    /// The address that the link confirms.
    email: String,
    /// Not where the account is logged in already.
    asks_for_password: bool,
    /// Names the link that opened it.
    link: String,
) -> impl IntoView {
    view! {
        <Page title="Confirm your email address" narrow=true>
            {asks_for_password.then(|| view! {
                <p>"Enter your password to confirm " <strong>{email.clone()}</strong> ". This proves the account is yours."</p>
            })}
            {(!asks_for_password).then(|| view! { <p>"Confirm that " <strong>{email.clone()}</strong> " is your email address."</p> })}
            <Form action=Verify::PATH>
                <OnlyAfter error=AppError::LinkDead><p><Link href="/verify">"Request a new link"</Link></p></OnlyAfter>
                <input type="hidden" name="link" value=link />
                // Tells a password manager whose password is asked for.
                <input type="text" name="username" value=email autocomplete="username" hidden />
                {asks_for_password.then(|| view! {
                    <PasswordField label="Password" field=Field::CurrentPassword autofocus=true />
                })}
                <SubmitButton label="Confirm email address" pending_label="Checking…" />
            </Form>
            {asks_for_password.then(|| view! {
                <p>"Forgot it, or didn't sign up yourself? "<Link href="/forgot">"Choose a new password"</Link>". This also confirms your email address."</p>
            })}
        </Page>
    }
}

/// No dead end: the way to a new link stands here.
#[component]
pub fn DeadLink(
    why: AppError,
    /// The address of who is logged in.
    is_confirmed: bool,
) -> impl IntoView {
    let viewer = use_context::<Viewer>();
    let (logged_in, own) = (viewer.is_some(), viewer.map(|viewer| viewer.email).unwrap_or_default());
    let email = Some(typed().get("email")).filter(|email| !email.is_empty()).unwrap_or(own);
    // Another tab was first, most likely.
    let is_done = is_confirmed && why == AppError::LinkDead;
    let (title, heading) = match is_done {
        true => ("Email address: confirmed", "Your email address is already confirmed"),
        false => ("Confirmation link: doesn't work", "This link doesn't work"),
    };
    view! {
        <Page title heading narrow=true>
            {(!is_done).then(|| view! { <Notice kind="error">{why.to_string()}</Notice> })}
            {match (logged_in, is_confirmed) {
                (true, true) => view! {
                    <p>"You're logged in, and there's nothing left to confirm. "<Link href="/dashboard">"Go to dashboard"</Link></p>
                }
                .drawn(),
                (true, false) => view! {
                    <p>"Your email address isn't confirmed yet. Send a new link to it:"</p>
                    <ResendForm email />
                }
                .drawn(),
                (false, _) => view! {
                    <p>"If you've already confirmed your email address, just "<Link href="/login">"log in"</Link>"."</p>
                    <ResendForm email />
                }
                .drawn(),
            }}
            <OfferHelp />
        </Page>
    }
}

/// Sends the mail once more, to whoever asks. An error of the link that led here stands above, and is not about this.
#[component]
pub fn ResendForm(email: String) -> impl IntoView {
    let before = refused().filter(|error| !error.is_of_link());
    view! {
        <Form action=SendVerification::PATH before>
            <TextField name="email" label="Email" field=Field::Email kind="email" autocomplete="username" value=email />
            <SubmitButton label="Send new link" pending_label="Sending…" />
        </Form>
    }
}
