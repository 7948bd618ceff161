//! The border of confirming an address. What each action refuses stands with its story. Server side.

use leptos::prelude::*;

use super::{SENT, send, verify, verify::Verified};
use crate::{
    auth::outbox::Mail,
    base::error::AppError,
    web::{border, cookies::Name, local_path::LocalPath},
};

/// Confirms the address of the account that the opened link is of, and logs in. Callable by who holds the link, with
/// the password of the account, or logged in to it; `link` names the link, as the page does.
#[server(prefix = "/actions", endpoint = "verify")]
pub async fn verify(password: Option<String>, link: Option<String>) -> Result<(), AppError> {
    match confirm(password, link.as_deref()).await {
        // Another tab was first: the page of a dead link says that nothing is left to confirm.
        Err(AppError::LinkDead) if border::user().is_ok_and(|someone| someone.user.verified_at.is_some()) => {
            border::lead_to("/verify", &[])
        }
        answer => answer,
    }
}

async fn confirm(password: Option<String>, link: Option<&str>) -> Result<(), AppError> {
    let token = border::require_link(link)?;
    let verified = verify::verify(&border::app(), &border::visit(), &token, password).await?;
    border::forget(Name::Link);
    let next = match &verified {
        Verified::LoggedIn(result) => border::keep_log_in(result, "/dashboard"),
        Verified::Already => "/dashboard",
        Verified::NotLoggedIn => "/login",
    };
    border::lead_to(next, &[("verification", "done")])
}

/// Sends the link once more that confirms this address. Callable by anyone; the answer is the same for every address.
#[server(prefix = "/actions", endpoint = "send_verification")]
pub async fn send_verification(email: String) -> Result<(), AppError> {
    let email = send::to_address(&border::app(), &border::visit(), &email, &Mail::Verify).await?;
    border::lead_to(SENT, &[("email", email.as_str()), ("again", "yes")])
}

/// Sends the link once more that confirms one's own address, and goes back to the page that the form stands on. Callable by
/// who is logged in.
#[server(prefix = "/actions", endpoint = "resend_verification")]
pub async fn resend_verification(page: Option<String>) -> Result<(), AppError> {
    send::to_oneself(&border::app(), &border::visit()).await?;
    border::lead_to(LocalPath::parse_or_dashboard(page.as_deref()).as_str(), &[("verification", "sent")])
}
