//! The story of logging everyone out. Who may tell it is the first argument. Server side.

use super::{EVERYONE_WORDS, by::parse_reason};
use crate::{
    auth::{
        cause::Cause,
        revocations::EndReason,
        sessions::{Receipt, guard::Administrator, terminate::Terminator},
    },
    base::{
        caller::Caller,
        error::{AppError, Invalid},
    },
};

/// `words`: why, as [`check`] returns it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`] when it is so by now.
pub async fn log_out_everyone(
    terminator: &Terminator,
    admin: &Administrator,
    caller: Caller,
    words: String,
) -> Result<Receipt, AppError> {
    let cause = Cause { words, ..Cause::by_user(&admin.0.user.id, EndReason::EveryoneLoggedOut, caller) };
    terminator.terminate_everyone(Some(admin), cause).await
}

/// The reason, or what is wrong with the fields, both at once.
///
/// # Errors
/// [`AppError::Invalid`].
pub fn check(confirmation: &str, reason: &str) -> Result<String, AppError> {
    let same = confirmation.trim().eq_ignore_ascii_case(EVERYONE_WORDS);
    match (same, parse_reason(reason)) {
        (true, Ok(words)) => Ok(words),
        (same, words) => {
            let confirmation = (!same).then_some(Invalid::ConfirmationWrong);
            Err(AppError::Invalid(confirmation.into_iter().chain(words.err()).collect()))
        }
    }
}
