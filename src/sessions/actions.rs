//! The border of sessions: log in, log out, who am I. Actions, both sides.

use leptos::prelude::*;

use crate::error::AppError;

/// Logs in with e-mail and password and goes to `next`; with `remember`, for weeks on this device. Callable by anyone.
///
/// # Errors
/// [`AppError::WrongCredentials`], with the same words and work whatever was wrong.
#[server(prefix = "/actions", endpoint = "log_in")]
pub async fn log_in(
    email: String,
    password: String,
    remember: Option<String>,
    next: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        sessions::log_in,
        web::{action::act, page::Typed},
    };
    let remembered = remember.unwrap_or_default();
    let typed = Typed::new(&[("email", &email), ("remember", &remembered)]);
    act(typed, log_in::log_in(email, password, !remembered.is_empty(), next)).await
}

/// Gives the second factor of a log-in whose password was right, and goes to where that log-in wanted; with `trust`, this
/// browser is asked for no code for a while. `half` names the log-in, as the page does. Callable by anyone.
///
/// # Errors
/// [`AppError::LogInAgain`] without such a log-in, [`AppError::OtherLogIn`] when it is not this one, [`AppError::Invalid`], [`AppError::WrongCode`].
#[server(prefix = "/actions", endpoint = "enter_code")]
pub async fn enter_code(code: String, trust: Option<String>, half: Option<String>) -> Result<(), AppError> {
    use crate::{
        sessions::enter_code,
        web::{action::act, page::Typed},
    };
    let trusted = trust.unwrap_or_default();
    let typed = Typed::new(&[("trust", &trusted)]);
    act(typed, enter_code::enter_code(code, !trusted.is_empty(), half)).await
}

/// Proves again who one is and goes to `next`. Callable by who is logged in.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::ProofNeeded`] without a password, [`AppError::WrongPassword`].
#[server(prefix = "/actions", endpoint = "confirm")]
pub async fn confirm(password: String, next: Option<String>) -> Result<(), AppError> {
    use crate::{
        sessions::reauthenticate,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), reauthenticate::confirm(password, next)).await
}

/// Ends this browser's session and its tokens, and goes to the start page. Callable by anyone.
///
/// # Errors
/// When the database does not take it; the session lives on then.
#[server(prefix = "/actions", endpoint = "log_out")]
pub async fn log_out() -> Result<(), AppError> {
    use crate::{
        sessions::log_in,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), log_in::log_out()).await
}
