//! The border of administration. Actions, both sides.

use leptos::prelude::*;

use crate::{error::AppError, sessions::Receipt};

/// Ends every session and token of `user`, or only the session `sid` of theirs. Callable by administrators who have
/// proven lately who they are, or do so with `password`.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::NotFound`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "force_log_out")]
pub async fn force_log_out(
    user: String,
    sid: Option<String>,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    use crate::{
        admin::force_logout,
        sessions::guard::require_fresh_admin,
        web::{action::act_with_proof, page::Typed},
    };
    let sid = sid.unwrap_or_default();
    act_with_proof(Typed::new(&[("user", &user), ("reason", &reason), ("sid", &sid)]), async move {
        let admin = require_fresh_admin(password).await?;
        force_logout::force_log_out(admin, &user, &sid, &reason).await
    })
    .await
}
