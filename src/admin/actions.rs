//! The border of administration. Actions, both sides.

use leptos::prelude::*;

use super::{UserDetails, UserList};
use crate::{error::AppError, sessions::Receipt};

/// People whose name or e-mail contains `words`. Callable by administrators; reads only.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`].
#[server(prefix = "/actions", endpoint = "find_users")]
pub async fn find_users(words: String, after: String) -> Result<UserList, AppError> {
    use crate::{
        admin::force_logout,
        sessions::guard::require_admin,
        web::{Typed, action::act},
    };
    act(Typed::default(), async { force_logout::find_users(require_admin()?, &words, &after).await }).await
}

/// One person and their live sessions. Callable by administrators; reads only.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::NotFound`].
#[server(prefix = "/actions", endpoint = "read_user")]
pub async fn read_user(id: String) -> Result<UserDetails, AppError> {
    use crate::{
        admin::force_logout,
        sessions::guard::require_admin,
        web::{Typed, action::act},
    };
    act(Typed::default(), async { force_logout::user_details(require_admin()?, &id).await }).await
}

/// Ends every session and token of `user`, or only the session `sid` of theirs. Callable by administrators.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::NotFound`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "force_log_out")]
pub async fn force_log_out(user: String, sid: Option<String>, reason: String) -> Result<Receipt, AppError> {
    use crate::{
        admin::force_logout,
        sessions::guard::require_admin,
        web::{Typed, action::act},
    };
    act(Typed::new(&[("reason", &reason)]), async move {
        force_logout::force_log_out(require_admin()?, &user, sid.as_deref(), &reason).await
    })
    .await
}
