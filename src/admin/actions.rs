//! The border of administration. Actions, both sides.

use leptos::prelude::*;

use crate::{error::AppError, sessions::Receipt};

/// Ends every session and token of `user`, or only the session `sid` of theirs. Callable by administrators.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::NotFound`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "force_log_out")]
pub async fn force_log_out(user: String, sid: Option<String>, reason: String) -> Result<Receipt, AppError> {
    use crate::{
        admin::force_logout,
        sessions::guard::require_admin,
        web::{action::act, page::Typed},
    };
    act(Typed::new(&[("reason", &reason)]), async move {
        force_logout::force_log_out(require_admin()?, &user, sid.as_deref(), &reason).await
    })
    .await
}
