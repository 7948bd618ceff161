//! The stories of ending one's own sessions from another device. Server side.

use leptos::prelude::expect_context;

use crate::{
    error::AppError,
    revocations::EndReason,
    sessions::{
        Receipt,
        end::{Ender, Ending, Target},
        guard::LoggedIn,
        log_in::log_out,
        store,
    },
    web::{
        action::{caller, tell_next_page},
        caller::Caller,
        page::Typed,
    },
};

/// Whose sessions, and from which of them they are ended.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    pub user_id: &'a str,
    pub sid: &'a str,
    pub caller: &'a Caller,
}

pub async fn end_one(someone: LoggedIn, sid: &str) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = &someone;
    if sid == log_in.sid {
        log_out().await?;
        return Ok(Receipt { sessions_ended: 1, ..Receipt::default() });
    }
    let own = Own { user_id: &user.id, sid: &log_in.sid, caller: &caller() };
    let receipt = end_own(&expect_context::<Ender>(), own, sid).await?;
    back_with(&receipt);
    Ok(receipt)
}

pub async fn end_others(someone: LoggedIn) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = &someone;
    let own = Own { user_id: &user.id, sid: &log_in.sid, caller: &caller() };
    let receipt = end_all_but(&expect_context::<Ender>(), own).await?;
    back_with(&receipt);
    Ok(receipt)
}

/// Ends a session of this user. One that is over, or somebody else's, is left alone: the receipt counts nothing.
///
/// # Errors
/// When the database does not take it.
pub async fn end_own(ender: &Ender, own: Own<'_>, sid: &str) -> Result<Receipt, AppError> {
    let state = &ender.state;
    let live = store::live_of(&state.db.pool, own.user_id, state.clock.now_ms()).await?;
    if !live.iter().any(|row| row.log_in.sid == sid) {
        return Ok(Receipt::default());
    }
    let reason = if sid == own.sid { EndReason::LoggedOut } else { EndReason::ByUser };
    ender.end(Target::Session(sid), by_user(own, reason)).await
}

/// Ends the sessions of this user except the one that they are ended from.
///
/// # Errors
/// When the database does not take it.
pub async fn end_all_but(ender: &Ender, own: Own<'_>) -> Result<Receipt, AppError> {
    let target = Target::Others { user_id: own.user_id, keep: own.sid };
    ender.end(target, by_user(own, EndReason::ByUser)).await
}

fn by_user(own: Own<'_>, reason: EndReason) -> Ending {
    Ending::by_user(own.user_id, reason, own.caller.clone())
}

fn back_with(receipt: &Receipt) {
    tell_next_page(&Typed::new(&[("ended", &receipt.sessions_ended.to_string())]));
    leptos_axum::redirect("/account/devices");
}
