//! The border of signing up. What each action refuses stands with its story. Server side.

use leptos::prelude::*;

use super::{sign_up, sign_up::SignedUp};
use crate::{
    base::error::AppError,
    pages::verification,
    passwords::{Judgement, strength::About},
    web::{border, cookies::Name},
};

/// Makes an account. Where a mail server is configured, the way on is the mail that it sends, for every address; else it
/// logs in. Callable by anyone.
#[server(prefix = "/actions", endpoint = "sign_up")]
pub async fn sign_up(name: String, email: String, password: String) -> Result<(), AppError> {
    let typed = sign_up::Typed { name: &name, email: &email, password };
    match sign_up::sign_up(&border::app(), &border::visit(), typed).await? {
        SignedUp::MailSent(email) => border::lead_to(verification::SENT, &[("email", email.as_str())]),
        SignedUp::Started(started) => {
            border::keep_started(&started);
            border::lead_to("/dashboard", &[])
        }
    }
}

/// Makes the first administrator and logs in; `link` names the opened link, as the page does. Callable by who holds the
/// link that the command line gives.
#[server(prefix = "/actions", endpoint = "set_up")]
pub async fn set_up(name: String, email: String, password: String, link: Option<String>) -> Result<(), AppError> {
    let token = border::require_link(link.as_deref()).map_err(|_| AppError::SetupRefused)?;
    let typed = sign_up::Typed { name: &name, email: &email, password };
    let started = sign_up::set_up(&border::app(), &border::visit(), typed, &token).await?;
    border::keep_started(&started);
    border::forget(Name::Link);
    border::lead_to("/admin/users", &[])
}

/// Says how strong a new password is, while it is typed; `email` and `name` are what the person has typed beside it.
/// Keeps nothing and logs nothing of it. Callable by anyone.
#[server(prefix = "/actions", endpoint = "password_strength")]
pub async fn password_strength(
    password: String,
    email: Option<String>,
    name: Option<String>,
) -> Result<Judgement, AppError> {
    let (email, name) = (email.unwrap_or_default(), name.unwrap_or_default());
    let app = border::app();
    app.questions.admit(&border::visit().caller.ip, app.now_ms())?;
    let assessment = app.passwords.assess(password, &About { email: &email, name: &name }).await?;
    Ok(assessment.judgement())
}
