//! The story of a force logout. Who may tell it is in the argument. Server side.

use super::by::By;
use crate::{
    auth::{
        revocations::EndReason,
        sessions,
        sessions::{Receipt, store::Target, terminate::Terminator},
    },
    base::{
        db::{Tx, again},
        error::AppError,
        state::AppState,
    },
};

/// Ends everything of a user, or, with a `sid`, that session of theirs.
///
/// # Errors
/// As [`By::hold`]; [`AppError::NotFound`] when it is no session of this user, [`AppError::SessionOver`] when it is over.
pub async fn force_logout(terminator: &Terminator, by: &By, user_id: &str, sid: &str) -> Result<Receipt, AppError> {
    again(|| force_once(terminator, by, user_id, sid)).await
}

async fn force_once(terminator: &Terminator, by: &By, user_id: &str, sid: &str) -> Result<Receipt, AppError> {
    let mut tx = terminator.state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    let target = match sid {
        "" => Target::User(&user.id),
        sid => Target::Session(live_sid(&mut tx, &terminator.state, &user.id, sid).await?),
    };
    terminator.terminate_everywhere_with(tx, target, by.cause_with_words(EndReason::ByAdmin)).await
}

/// The sid, if it is a live session of this user and not of another.
async fn live_sid<'a>(tx: &mut Tx, state: &AppState, user_id: &str, sid: &'a str) -> Result<&'a str, AppError> {
    let row = sessions::store::find_by_sid(&mut **tx, sid).await?.filter(|row| row.log_in.user_id == user_id);
    match row.ok_or(AppError::NotFound)?.ended(state.clock.now_ms()) {
        None => Ok(sid),
        Some(_) => Err(AppError::SessionOver),
    }
}
