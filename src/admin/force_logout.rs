//! The story of a force-logout. Who may tell it is in the argument. Server side.

use super::{REASON_MAX_CHARS, by::By};
use crate::{
    db::Tx,
    error::{AppError, Invalid},
    revocations::EndReason,
    sessions::{
        self, Receipt,
        end::{Ender, Target},
    },
    state::AppState,
};

/// Ends everything of a user, or, with a `sid`, that session of theirs.
///
/// # Errors
/// As [`By::hold`]; [`AppError::NotFound`] when it is no live session of this user.
pub async fn force_log_out(ender: &Ender, by: &By, user_id: &str, sid: &str) -> Result<Receipt, AppError> {
    let mut tx = ender.state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    let target = match sid {
        "" => Target::User(&user.id),
        sid => Target::Session(live_sid(&mut tx, &ender.state, &user.id, sid).await?),
    };
    ender.end_everywhere_with(tx, target, by.ending_with_words(EndReason::ByAdmin)).await
}

/// The sid, if it is a live session of this user and not of another.
async fn live_sid<'a>(tx: &mut Tx, state: &AppState, user_id: &str, sid: &'a str) -> Result<&'a str, AppError> {
    let live = sessions::store::live_of(&mut **tx, user_id, state.clock.now_ms()).await?;
    live.iter().any(|row| row.log_in.sid == sid).then_some(sid).ok_or(AppError::NotFound)
}

/// # Errors
/// What to tell the administrator.
pub fn parse_reason(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Invalid::ReasonMissing),
        count if count > usize::from(REASON_MAX_CHARS) => Err(Invalid::ReasonTooLong),
        _ => Ok(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()),
    }
}
