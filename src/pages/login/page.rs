//! `/login`. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::LogIn;
use crate::{
    auth::sessions::Ended,
    base::error::{AppError, Field},
    ui::{
        field::{Checkbox, PasswordField, TextField},
        form::{Form, OnlyAfter, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        when::When,
    },
    web::page::typed,
};

#[component]
pub fn LoginPage(
    ended: Option<Ended>,
    next: String,
    confirms_addresses: bool,
    /// How long "remember me" lasts.
    remember_days: i64,
) -> impl IntoView {
    let was_reset = typed().get("password") == "reset";
    view! {
        <Page title="Log in" narrow=true>
            {was_reset.then(|| view! {
                <div id="outcome" tabindex="-1" role="status" autofocus>
                    <Notice kind="success">"Your password has been changed. Log in with the new one."</Notice>
                </div>
            })}
            {ended.map(|ended| view! { <WhyLoggedOut ended /> })}
            <LoginForm
                next
                email=typed().get("email")
                remember=!typed().get("remember").is_empty()
                confirms_addresses
                remember_days
            />
            <p><Link href="/forgot">"Forgot your password?"</Link></p>
            <p>"New here? "<Link href="/signup">"Sign up"</Link></p>
        </Page>
    }
}

#[component]
fn LoginForm(
    next: String,
    email: String,
    remember: bool,
    confirms_addresses: bool,
    remember_days: i64,
) -> impl IntoView {
    view! {
        <Form action=LogIn::PATH>
            {confirms_addresses.then(|| view! {
                <OnlyAfter error=AppError::WrongCredentials>
                    // To everybody whose log-in failed: it tells nothing about an account.
                    <p class="muted">"Just signed up? Open the link we emailed you first. Didn't get it? "<Link href="/verify">"Resend email"</Link></p>
                </OnlyAfter>
            })}
            <TextField
                name="email"
                label="Email"
                field=Field::Email
                kind="email"
                autocomplete="username"
                autofocus=true
                value=email
            />
            <PasswordField label="Password" field=Field::Password autocomplete="current-password" />
            <Checkbox
                name="remember"
                label="Remember me on this device"
                help=format!("Stay logged in for up to {remember_days} days. Don't use this on a shared computer.")
                checked=remember
            />
            <input type="hidden" name="next" value=next />
            <SubmitButton label="Log in" pending_label="Checking…" />
        </Form>
    }
}

/// Why this browser was logged out. Only who holds the dead cookie gets here with an answer.
#[component]
fn WhyLoggedOut(ended: Ended) -> impl IntoView {
    let Ended { reason, at } = ended;
    view! {
        <Notice kind="warning">
            <p id="why">{reason.sentence()} <span class="muted">" " <When ms=at /></span></p>
            <p>"Log in to continue."</p>
        </Notice>
    }
}
