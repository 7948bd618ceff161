//! The border of administration. Actions, both sides.

use leptos::prelude::*;

use crate::{
    error::AppError,
    sessions::Receipt,
    tokens::{KillReceipt, Rotation},
};

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
        sessions::guard::{require_admin, require_fresh_admin},
        web::{action::act_with_proof, page::Typed},
    };
    let sid = sid.unwrap_or_default();
    act_with_proof(Typed::new(&[("user", &user), ("reason", &reason), ("sid", &sid)]), async move {
        require_admin()?;
        force_logout::parse_reason(&reason)?;
        let admin = require_fresh_admin(password).await?;
        force_logout::force_log_out(admin, &user, &sid, &reason).await
    })
    .await
}

/// Ends every session and token of everybody, but the session that this is done in; `confirmation` is
/// [`EVERYONE_WORDS`](super::EVERYONE_WORDS). Callable as [`force_log_out`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::Invalid`] for confirmation and reason.
#[server(prefix = "/actions", endpoint = "log_out_everyone")]
pub async fn log_out_everyone(
    confirmation: String,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    use crate::{
        admin::log_out_everyone::{check, log_out_everyone},
        sessions::guard::{require_admin, require_fresh_admin},
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::new(&[("confirmation", &confirmation), ("reason", &reason)]), async move {
        require_admin()?;
        check(&confirmation, &reason)?;
        log_out_everyone(require_fresh_admin(password).await?, &reason).await
    })
    .await
}

/// Publishes a new signing key, which signs after the lead time. Callable as [`force_log_out`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::RotationUnderWay`].
#[server(prefix = "/actions", endpoint = "rotate_keys")]
pub async fn rotate_keys(password: Option<String>) -> Result<Rotation, AppError> {
    use crate::{
        admin::keys,
        sessions::guard::require_fresh_admin,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { keys::rotate(require_fresh_admin(password).await?).await }).await
}

/// Kills the signing key `kid`: what it has signed counts no more. Callable as [`force_log_out`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::KeyNotInUse`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "kill_key")]
pub async fn kill_key(kid: String, reason: String, password: Option<String>) -> Result<KillReceipt, AppError> {
    use crate::{
        admin::{force_logout::parse_reason, keys},
        sessions::guard::{require_admin, require_fresh_admin},
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::new(&[("kid", &kid), ("reason", &reason)]), async move {
        require_admin()?;
        parse_reason(&reason)?;
        keys::kill(require_fresh_admin(password).await?, &kid, &reason).await
    })
    .await
}
