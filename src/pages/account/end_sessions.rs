//! The stories of ending one's own sessions from another device. Server side.

use crate::{
    auth::{
        cause::Cause,
        revocations::EndReason,
        sessions::{Receipt, store, store::Target, terminate::Terminator},
    },
    base::{caller::Caller, error::AppError},
};

/// Whose sessions, and from which of them they are ended.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    pub user_id: &'a str,
    pub sid: &'a str,
    pub caller: &'a Caller,
}

/// Ends a session of this user. One that is over, or someone else's, is left alone: the receipt counts nothing.
pub async fn end_own(terminator: &Terminator, own: Own<'_>, sid: &str) -> Result<Receipt, AppError> {
    let state = &terminator.state;
    let live = store::live_of(&state.db.pool, own.user_id, state.clock.now_ms()).await?;
    if !live.iter().any(|session| session.sid == sid) {
        return Ok(Receipt::default());
    }
    let reason = if sid == own.sid { EndReason::LoggedOut } else { EndReason::ByUser };
    terminator.terminate(Target::Session(sid), by_user(own, reason)).await
}

/// Ends the sessions of this user except the one that they are ended from.
pub async fn end_all_but(terminator: &Terminator, own: Own<'_>) -> Result<Receipt, AppError> {
    let target = Target::Others { user_id: own.user_id, keep: own.sid };
    terminator.terminate(target, by_user(own, EndReason::ByUser)).await
}

fn by_user(own: Own<'_>, reason: EndReason) -> Cause {
    Cause::by_user(own.user_id, reason, own.caller.clone())
}
