//! The border of sessions: log in, log out, who am I. What each action refuses stands with its story. Server side.

use leptos::prelude::*;

use crate::{
    auth::{enter_code, enter_code::Given, log_in, reauthenticate},
    base::error::AppError,
    web::{
        border,
        cookies::Name,
        local_path::{LocalPath, leading_to},
    },
};

/// Logs in with email and password and goes to `next`; with `remember`, for weeks on this device. Callable by anyone.
#[server(prefix = "/actions", endpoint = "log_in")]
pub async fn log_in(
    email: String,
    password: String,
    remember: Option<String>,
    next: Option<String>,
) -> Result<(), AppError> {
    let remembered = remember.unwrap_or_default();
    let (next, remember) = (LocalPath::parse_or_dashboard(next.as_deref()), !remembered.is_empty());
    let credentials = (&*email, password);
    let result = log_in::log_in(&border::app(), &border::visit(), credentials, remember, next.as_str()).await?;
    border::lead_to(border::keep_log_in(&result, next.as_str()), &[])
}

/// Gives the second factor of a login whose password was right, and goes to where that login wanted; with `trust`, this
/// browser is asked for no code for a while. `half` names the login, as the page does; `with` is `recovery` where the page
/// asked for a recovery code. Callable by anyone.
#[server(prefix = "/actions", endpoint = "enter_code")]
pub async fn enter_code(
    code: String,
    trust: Option<String>,
    half: Option<String>,
    with: Option<String>,
) -> Result<(), AppError> {
    let trusted = trust.unwrap_or_default();
    let sealed = border::cookie(Name::LogIn);
    let (recovery, trust) = (with.as_deref() == Some("recovery"), !trusted.is_empty());
    let given = Given { sealed: sealed.as_deref(), half: half.as_deref(), code: &code, recovery, trust };
    let result = enter_code::enter_code(&border::app(), &border::visit(), given).await;
    // The half login is over, too, where the password has to be given again.
    if matches!(result, Ok(_) | Err(AppError::LogInAgain)) {
        border::forget(Name::LogIn);
    }
    let (started, next) = result?;
    border::keep_started(&started);
    border::lead_to(&next, &[])
}

/// Proves again who one is and goes to `next`. Callable by who is logged in.
#[server(prefix = "/actions", endpoint = "confirm")]
pub async fn confirm(password: String, next: Option<String>) -> Result<(), AppError> {
    let proven = reauthenticate::with_password(&border::app(), &border::visit(), Some(password)).await?;
    border::keep_secret(proven.new_secret.as_ref());
    let next = LocalPath::parse_or_dashboard(next.as_deref());
    // What a page has yet to tell counts for more: new recovery codes are shown once.
    let has_to_tell = border::cookie(Name::Flash).is_some();
    border::lead_to(next.as_str(), if has_to_tell { &[] } else { &[("confirmed", "yes")] })
}

/// Ends this browser's session and its tokens, and goes to the start page; with `next`, to the login that leads there.
/// Callable by anyone.
#[server(prefix = "/actions", endpoint = "log_out")]
pub async fn log_out(next: Option<String>) -> Result<(), AppError> {
    let next = next.as_deref().and_then(LocalPath::parse);
    log_in::log_out(&border::app(), &border::visit()).await?;
    border::forget_session();
    let page = next.map_or_else(|| "/".into(), |next| leading_to("/login", next.as_str()));
    border::lead_to(&page, &[("logged_out", "here")])
}
