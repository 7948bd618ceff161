//! The border of signing up. Actions, both sides.

use leptos::prelude::*;

use crate::error::AppError;

/// Makes an account. Where a mail server is configured, the way on is the mail that it sends, for every address; else it
/// logs in. Callable by anyone.
///
/// # Errors
/// [`AppError::Invalid`] per field; without a mail server [`AppError::SignUpRefused`] when the e-mail has an account.
#[server(prefix = "/actions", endpoint = "sign_up")]
pub async fn sign_up(name: String, email: String, password: String) -> Result<(), AppError> {
    use crate::{
        border,
        signup::sign_up::{self, SignedUp},
        verification,
        web::{
            action::{act, tell_next_page},
            page::Typed,
        },
    };
    act(Typed::new(&[("name", &name), ("email", &email)]), async move {
        let typed = sign_up::Typed { name: &name, email: &email, password };
        match sign_up::sign_up(&border::app(), &border::visit(), typed).await? {
            SignedUp::MailSent(email) => {
                tell_next_page(&Typed::new(&[("email", email.as_str())]));
                leptos_axum::redirect(verification::SENT);
            }
            SignedUp::Started(started) => {
                border::keep_started(&started);
                leptos_axum::redirect("/dashboard");
            }
        }
        Ok(())
    })
    .await
}

/// Makes the first administrator and logs in; `link` names the opened link, as the page does. Callable by who holds the
/// link that the command line gives.
///
/// # Errors
/// [`AppError::SetupRefused`] when the link is wrong, used or too old, or an administrator exists.
#[server(prefix = "/actions", endpoint = "set_up")]
pub async fn set_up(name: String, email: String, password: String, link: Option<String>) -> Result<(), AppError> {
    use crate::{
        border,
        signup::sign_up,
        web::{action::act, cookies::Name, page::Typed},
    };
    act(Typed::new(&[("name", &name), ("email", &email)]), async move {
        let token = border::require_link(link.as_deref()).map_err(|_| AppError::SetupRefused)?;
        let typed = sign_up::Typed { name: &name, email: &email, password };
        let started = sign_up::set_up(&border::app(), &border::visit(), typed, &token).await?;
        border::keep_started(&started);
        border::forget(Name::Link);
        leptos_axum::redirect("/admin/users");
        Ok(())
    })
    .await
}
