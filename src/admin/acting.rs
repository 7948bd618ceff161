//! The frame of every act on an account that comes from a page. Server side.

use super::{by::By, force_logout::parse_reason, outcome::Outcome};
use crate::{border, error::AppError, web::action::tell_next_page};

/// Who acts, why, and with a proof of who they are. What was typed is looked at before the password is asked for.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::Invalid`] for the reason, [`AppError::ProofNeeded`],
/// [`AppError::WrongPassword`].
pub async fn by(reason: &str, password: Option<String>) -> Result<By, AppError> {
    border::require_admin()?;
    parse_reason(reason)?;
    Ok(By::page(border::require_fresh_admin(password).await?, border::visit().caller, reason)?)
}

/// Goes on to the page that says what became of it.
pub fn tell(outcome: &Outcome, user_id: &str) {
    tell_next_page(&outcome.for_next_page());
    leptos_axum::redirect(&outcome.page(user_id));
}
