//! `/login`. Both sides.

use leptos::{form::ActionForm, prelude::*};

use super::{Ended, LogInPage, actions::LogIn};
use crate::{
    error::{AppError, Field},
    ui::{
        field::{Checkbox, PasswordField, TextField},
        form::{FormError, SubmitButton, at, begins_with, error_of, focus_first_error},
        frame::{Link, Page, with_content},
        notice::Notice,
        wait::wait_of,
        when::When,
    },
    web::page::{refused, typed},
};

const FIELDS: &[(Field, &str)] = &[(Field::Email, "email"), (Field::Password, "password")];

#[component]
pub fn LoginPage() -> impl IntoView {
    with_content(|LogInPage { ended, next, confirms_addresses }| {
        let was_reset = typed().get("password") == "reset";
        view! {
            <Page title="Log in" narrow=true>
                {was_reset.then(|| view! {
                    <div id="outcome" tabindex="-1" role="status" autofocus>
                        <Notice kind="success">"Your new password is set. Log in with it."</Notice>
                    </div>
                })}
                {ended.map(|ended| view! { <WhyLoggedOut ended /> })}
                <LoginForm
                    next
                    email=typed().get("email")
                    remember=!typed().get("remember").is_empty()
                    confirms_addresses
                    before=refused()
                />
                <p><Link href="/forgot">"Forgot your password?"</Link></p>
                <p>"No account yet? "<Link href="/signup">"Sign up"</Link></p>
            </Page>
        }
    })
}

#[island]
fn LoginForm(
    next: String,
    email: String,
    remember: bool,
    confirms_addresses: bool,
    before: Option<AppError>,
) -> impl IntoView {
    let action = ServerAction::<LogIn>::new();
    let begins_with = |id| begins_with(id, before.as_ref(), FIELDS);
    let (with_email, with_password) = (begins_with("email"), begins_with("password"));
    let error = error_of(action, before);
    let wait = wait_of(error);
    focus_first_error(error, FIELDS);
    view! {
            <FormError error wait />
            {move || (confirms_addresses && error.get() == Some(AppError::WrongCredentials)).then(|| view! {
                // To everybody whose log-in failed: it tells nothing about an account.
                <p class="muted">"If you signed up a moment ago, open the link in the mail first. No mail? "<Link href="/verify">"Have it sent again"</Link>"."</p>
            })}
            <ActionForm action attr:class="form" attr:novalidate="">
                <TextField
                    name="email"
                    label="E-mail"
                    kind="email"
                    autocomplete="username"
                    autofocus=with_email
                    value=email
                    error=at(error, Field::Email)
                />
                <PasswordField
                    label="Password"
                    autocomplete="current-password"
                    autofocus=with_password
                    error=at(error, Field::Password)
                />
                <Checkbox
                    name="remember"
                    label="Remember me on this device"
                    help="Stay logged in when the browser is closed. Not on a shared computer."
                    checked=remember
                />
                <input type="hidden" name="next" value=next />
                <SubmitButton label="Log in" pending_label="Checking…" pending=action.pending() wait />
            </ActionForm>
    }
}

/// Why this browser was logged out. Only who holds the dead cookie gets here with an answer.
#[component]
fn WhyLoggedOut(ended: Ended) -> impl IntoView {
    let Ended { reason, at } = ended;
    view! {
        <Notice kind="warning">
            <p id="why">{reason.sentence()} <span class="muted">" " <When ms=at /></span></p>
            <p>"Log in to go on."</p>
        </Notice>
    }
}
