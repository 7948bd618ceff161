//! `/login`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::LogIn;
use crate::{
    auth::{revocations::EndReason, sessions::Ended},
    base::error::{AppError, Field},
    ui::{
        contact::AskForHelp,
        draw::Draw,
        field::{Checkbox, PasswordField, TextField},
        form::{Form, OnlyAfter, SubmitButton},
        frame::{Link, Page},
        notice::{Notice, OutcomeNotice},
        when::When,
    },
    web::page::typed,
};

#[component]
pub fn LoginPage(
    ended: Option<Ended>,
    next: String,
    /// Another page asked for the login.
    wanted: bool,
    sends_mail: bool,
    confirms_addresses: bool,
    /// How long "remember me" lasts.
    remember_days: i64,
) -> impl IntoView {
    let done = match (&*typed().get("password"), &*typed().get("verification")) {
        ("reset", _) => Some("Your password has been changed. Log in with the new one."),
        (_, "done") => Some("Your email address is confirmed. Log in to continue."),
        _ => None,
    };
    // What was done since is the news, and not why the session before has ended.
    let ended = ended.filter(|_| done.is_none());
    let is_disabled = ended.is_some_and(|ended| ended.reason == EndReason::Disabled);
    view! {
        <Page title="Log in" narrow=true>
            {done.map(|words| view! { <OutcomeNotice words /> })}
            {(wanted && ended.is_none() && done.is_none()).then(|| view! {
                <Notice kind="info">"Log in to see that page."</Notice>
            })}
            {ended.map(|ended| view! { <WhyLoggedOut ended sends_mail /> })}
            <LoginForm next confirms_addresses remember_days is_disabled />
            <p><Link href="/forgot">"Forgot your password?"</Link></p>
            <p>"New here? "<Link href="/signup">"Sign up"</Link></p>
        </Page>
    }
}

#[component]
fn LoginForm(next: String, confirms_addresses: bool, remember_days: i64, is_disabled: bool) -> impl IntoView {
    let typed = typed();
    view! {
        <Form action=LogIn::PATH>
            {is_disabled.then(|| view! {
                <OnlyAfter error=AppError::WrongCredentials>
                    // To who holds the dead cookie of the account, and to no one else.
                    <p class="muted">"A disabled account can't log in, even with the right password."</p>
                </OnlyAfter>
            })}
            {confirms_addresses.then(|| view! {
                <OnlyAfter error=AppError::WrongCredentials>
                    // To everyone whose login failed: it tells nothing about an account.
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
                value=typed.get("email")
            />
            <PasswordField label="Password" field=Field::Password />
            <Checkbox
                name="remember"
                label="Remember me on this device"
                help=format!("Stay logged in for up to {remember_days} days. Don't use this on a shared computer.")
                checked=!typed.get("remember").is_empty()
            />
            <input type="hidden" name="next" value=next />
            <SubmitButton label="Log in" pending_label="Checking…" />
        </Form>
    }
}

/// Why this browser was logged out. Only who holds the dead cookie gets here with an answer.
#[component]
fn WhyLoggedOut(ended: Ended, sends_mail: bool) -> impl IntoView {
    let Ended { reason, at } = ended;
    view! {
        <Notice kind="warning">
            <p id="why">{reason.sentence()} <span class="muted">" " <When ms=at /></span></p>
            {match reason {
                EndReason::Disabled => view! { <p>"You can't log in with it. " <AskForHelp /></p> }.drawn(),
                EndReason::AccountDeleted => view! { <p>"You can't log in with it any more."</p> }.drawn(),
                EndReason::NotMe => view! { <NewPassword sends_mail /> }.drawn(),
                _ => view! { <p>"Log in to continue."</p> }.drawn(),
            }}
        </Notice>
    }
}

/// After "this wasn't me": the password before may be blocked. The link went out where there was a mailbox to send it to.
#[component]
fn NewPassword(sends_mail: bool) -> impl IntoView {
    match sends_mail {
        true => view! {
            <p>"Choose a new password with the link we emailed you, or on the device where you reported it. Your old password may be blocked."</p>
            <p><Link href="/forgot">"Request another link"</Link></p>
        }
        .drawn(),
        false => view! { <p>"Choose a new password on the device where you reported it."</p> }.drawn(),
    }
}
