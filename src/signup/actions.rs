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
        signup::sign_up,
        web::{action::act, page::Typed},
    };
    let typed = Typed::new(&[("name", &name), ("email", &email)]);
    act(typed, sign_up::sign_up(name, email, password)).await
}

/// Makes the first administrator and logs in; `link` names the opened link, as the page does. Callable by who holds the
/// link that the command line gives.
///
/// # Errors
/// [`AppError::SetupRefused`] when the link is wrong, used or too old, or an administrator exists.
#[server(prefix = "/actions", endpoint = "set_up")]
pub async fn set_up(name: String, email: String, password: String, link: Option<String>) -> Result<(), AppError> {
    use crate::{
        signup::sign_up,
        web::{action::act, page::Typed},
    };
    let typed = Typed::new(&[("name", &name), ("email", &email)]);
    act(typed, sign_up::set_up(name, email, password, link)).await
}
