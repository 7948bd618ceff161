//! The border of one's own account. Actions, both sides.

use leptos::prelude::*;

use crate::{error::AppError, sessions::Receipt};

/// Ends the session `sid` of one's own, on whatever device it is. Callable by who is logged in and has proven lately
/// who they are, or does so with `password`.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`].
#[server(prefix = "/actions", endpoint = "end_session")]
pub async fn end_session(sid: String, password: Option<String>) -> Result<Receipt, AppError> {
    use crate::{
        account::end_sessions,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    let typed = Typed::new(&[("sid", &sid)]);
    act_with_proof(typed, async move { end_sessions::end_one(require_fresh(password).await?, &sid).await }).await
}

/// Ends all sessions of one's own except that of this browser. Callable as [`end_session`].
///
/// # Errors
/// As [`end_session`].
#[server(prefix = "/actions", endpoint = "end_other_sessions")]
pub async fn end_other_sessions(password: Option<String>) -> Result<Receipt, AppError> {
    use crate::{
        account::end_sessions,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { end_sessions::end_others(require_fresh(password).await?).await })
        .await
}

/// Changes the password of who is logged in; `password` is the one that counts now. Ends every other session, and
/// gives this one a new secret.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::WrongPassword`], [`AppError::Invalid`] for what is missing or the new one.
#[server(prefix = "/actions", endpoint = "change_password")]
pub async fn change_password(password: Option<String>, new_password: String) -> Result<Receipt, AppError> {
    use crate::{
        account::change_password,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), change_password::change_password(password, new_password)).await
}
