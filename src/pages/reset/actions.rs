//! The border of forgotten passwords. What each action refuses stands with its story. Server side.

use leptos::prelude::*;

use super::reset_password;
use crate::{
    auth::outbox::Mail,
    base::error::AppError,
    pages::verification::send,
    web::{border, cookies::Name},
};

/// Sends the link to choose a new password. Callable by anyone; the answer is the same for every address.
#[server(prefix = "/actions", endpoint = "forgot_password")]
pub async fn forgot_password(email: String) -> Result<(), AppError> {
    let email = send::to_address(&border::app(), &border::visit(), &email, &Mail::Reset).await?;
    border::lead_to("/forgot/sent", &[("email", email.as_str())])
}

/// Sets the password of the account that the opened link is of, and ends everything of it; `link` names it, as the page
/// does. Logs no one in. Callable by who holds the link.
#[server(prefix = "/actions", endpoint = "reset_password")]
pub async fn reset_password(password: String, link: Option<String>) -> Result<(), AppError> {
    let (token, visit) = (border::require_link(link.as_deref())?, border::visit());
    let reset = reset_password::reset(&border::app(), &visit, &token, password).await?;
    border::keep_device(&reset.device);
    border::forget(Name::Link);
    // Also the cookie of a session that has ended: why it did is no news any more.
    if border::cookie(Name::Session).is_some() {
        border::forget_session();
    }
    border::lead_to("/login", &[("password", "reset"), ("email", &reset.email)])
}
