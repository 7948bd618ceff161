//! Over the pages of an account whose address is not confirmed: what that means, and the way out. A plain form, so it
//! works without JavaScript. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{Unconfirmed, actions::ResendVerification};
use crate::{
    base::error::AppError,
    ui::{form::Here, frame::Link, notice::Notice},
    web::page::{path, refused_by, typed},
};

/// Shown on the dashboard and on the pages of the account.
#[component]
pub fn ConfirmationBanner() -> impl IntoView {
    let path = path();
    if path != "/dashboard" && !path.starts_with("/account") {
        return None;
    }
    let outcome = typed().get("verification");
    if outcome == "done" {
        return Some(view! { <Outcome words="Your address is confirmed." /> }.into_any());
    }
    let Unconfirmed { email } = use_context::<Unconfirmed>()?;
    let problem = refused_by(ResendVerification::PATH);
    Some(match outcome == "sent" {
        true => view! { <Outcome words="The mail is on its way. Its link works for 24 hours." email /> }.into_any(),
        false => view! { <NotConfirmed email problem /> }.into_any(),
    })
}

#[component]
fn NotConfirmed(email: String, problem: Option<AppError>) -> impl IntoView {
    view! {
        <aside class="banner" aria-label="Your address">
            {problem.map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> })}
            <Notice kind="warning">
                <p>
                    "Your address " <strong>{email}</strong> " is not confirmed yet: open the link in the mail that we \
                    sent you. Until then you cannot turn on a second factor, and we do not warn you by mail."
                </p>
                <form method="post" action=ResendVerification::PATH class="buttons">
                    <Here />
                    <button type="submit" class="button">"Send the mail again"</button>
                    <Link href="/account/profile/email">"Change the address"</Link>
                </form>
            </Notice>
        </aside>
    }
}

#[component]
fn Outcome(words: &'static str, #[prop(optional)] email: Option<String>) -> impl IntoView {
    view! {
        <aside class="banner" aria-label="Your address">
            <div id="verification-outcome" tabindex="-1" role="status" autofocus>
                <Notice kind="success">{words} {email.map(|email| format!(" It goes to {email}."))}</Notice>
            </div>
        </aside>
    }
}
