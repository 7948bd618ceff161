//! The border of sessions: log in, log out, who am I. Actions, both sides.

use leptos::prelude::*;

use super::{Ended, Viewer};
use crate::error::AppError;

/// Logs in with e-mail and password and goes to `next`. Callable by anyone.
///
/// # Errors
/// [`AppError::WrongCredentials`], with the same words and work whatever was wrong.
#[server(prefix = "/actions", endpoint = "log_in")]
pub async fn log_in(email: String, password: String, next: Option<String>) -> Result<(), AppError> {
    use crate::{
        sessions::log_in,
        web::{Typed, action::act},
    };
    act(Typed::new(&[("email", &email)]), log_in::log_in(email, password, next)).await
}

/// Ends this browser's session and its tokens, and goes to the start page. Callable by anyone.
///
/// # Errors
/// When the database does not take it; the session lives on then.
#[server(prefix = "/actions", endpoint = "log_out")]
pub async fn log_out() -> Result<(), AppError> {
    use crate::{
        sessions::log_in,
        web::{Typed, action::act},
    };
    act(Typed::default(), log_in::log_out()).await
}

/// Who is logged in. Callable by anyone; reads only.
///
/// # Errors
/// None of its own.
#[server(prefix = "/actions", endpoint = "who_am_i")]
pub async fn who_am_i() -> Result<Option<Viewer>, AppError> {
    Ok(crate::sessions::guard::find().map(|someone| someone.viewer()))
}

/// Why this browser was logged out, for the holder of the dead cookie only. Callable by anyone; reads only.
///
/// # Errors
/// None of its own.
#[server(prefix = "/actions", endpoint = "why_logged_out")]
pub async fn why_logged_out() -> Result<Option<Ended>, AppError> {
    Ok(crate::sessions::guard::find_ended())
}
