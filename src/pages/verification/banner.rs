//! Over the pages of an account whose address is not confirmed: what that means, and the way out. A plain form, so it
//! works without JavaScript. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{Unconfirmed, actions::ResendVerification};
use crate::{
    ui::{
        draw::Draw,
        form::Here,
        frame::Link,
        notice::{Notice, OutcomeNotice, RefusedNotice},
    },
    web::page::{path, refused_by, typed},
};

/// Shown on the dashboard and on the pages of the account.
#[component]
pub fn ConfirmationBanner() -> impl IntoView {
    let path = path();
    if path != "/dashboard" && !path.starts_with("/account") {
        return None;
    }
    let words = match (&*typed().get("verification"), use_context::<Unconfirmed>()) {
        ("done", _) => view! { <OutcomeNotice words="Your email address is confirmed." /> }.drawn(),
        (_, None) => return None,
        ("sent", Some(Unconfirmed { email })) => {
            view! { <OutcomeNotice words=format!("We've sent a new link to {email}. It works for 24 hours.") /> }
                .drawn()
        }
        (_, Some(Unconfirmed { email })) => view! { <NotConfirmed email /> }.drawn(),
    };
    Some(view! { <aside class="banner" aria-label="Your email address">{words}</aside> })
}

#[component]
fn NotConfirmed(email: String) -> impl IntoView {
    view! {
        <RefusedNotice error=refused_by(ResendVerification::PATH) />
        <Notice kind="warning">
            <p>
                "Confirm your email address. We sent a link to " <strong>{email}</strong> ". Until you open it, \
                you can't turn on two-factor authentication or get security alerts."
            </p>
            <form method="post" action=ResendVerification::PATH class="buttons">
                <Here />
                <button type="submit" class="button">"Resend email"</button>
                <Link href="/account/profile/email">"Change email"</Link>
            </form>
        </Notice>
    }
}
