//! The frame of every act of administration that comes from a page. Server side.

use super::{
    by::{By, parse_reason},
    outcome::Outcome,
};
use crate::{
    auth::sessions::guard::Administrator,
    base::error::AppError,
    web::{action::tell_next_page, border},
};

/// Who acts, with a proof of who they are, and what `check` makes of what was typed. That is looked at before the password
/// is asked for, and after one that was typed.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`]; those of
/// `check`.
pub async fn checked<T>(
    password: Option<String>,
    check: impl Fn() -> Result<T, AppError>,
) -> Result<(Administrator, T), AppError> {
    border::require_admin()?;
    if password.as_ref().is_none_or(String::is_empty) {
        check()?;
    }
    Ok((border::require_fresh_admin(password).await?, check()?))
}

/// Who acts on an account, and why.
///
/// # Errors
/// As [`checked`]; [`AppError::Invalid`] for the reason.
pub async fn by(reason: &str, password: Option<String>) -> Result<By, AppError> {
    let (admin, words) = checked(password, || Ok(parse_reason(reason)?)).await?;
    Ok(By::page(admin, border::visit().caller, words))
}

/// Goes on to the page that says what became of it.
pub fn tell(outcome: &Outcome, user_id: &str) {
    tell_next_page(&outcome.for_next_page());
    leptos_axum::redirect(&outcome.page(user_id));
}
