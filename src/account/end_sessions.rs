//! The stories of ending one's own sessions from another device. Server side.

use leptos::prelude::expect_context;

use crate::{
    audit::event::Actor,
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
        page::Typed,
    },
};

pub async fn end_one(someone: LoggedIn, sid: &str) -> Result<Receipt, AppError> {
    if sid == someone.log_in.sid {
        log_out().await?;
        return Ok(Receipt { sessions_ended: 1, ..Receipt::default() });
    }
    let receipt = end_own(&expect_context::<Ender>(), &someone.user.id, sid, &caller().ip).await?;
    back_with(&receipt);
    Ok(receipt)
}

pub async fn end_others(someone: LoggedIn) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = someone;
    let receipt = end_all_but(&expect_context::<Ender>(), &user.id, &log_in.sid, &caller().ip).await?;
    back_with(&receipt);
    Ok(receipt)
}

/// Ends a session of this user. One that is over, or somebody else's, is left alone: the receipt counts nothing.
///
/// # Errors
/// When the database does not take it.
pub async fn end_own(ender: &Ender, user_id: &str, sid: &str, ip: &str) -> Result<Receipt, AppError> {
    let state = &ender.state;
    let live = store::live_of(&state.db.pool, user_id, state.clock.now_ms()).await?;
    if live.iter().any(|row| row.log_in.sid == sid) {
        ender.end(Target::Session(sid), by_user(user_id, ip)).await
    } else {
        Ok(Receipt::default())
    }
}

/// Ends the sessions of this user except `keep`.
///
/// # Errors
/// When the database does not take it.
pub async fn end_all_but(ender: &Ender, user_id: &str, keep: &str, ip: &str) -> Result<Receipt, AppError> {
    ender.end(Target::Others { user_id, keep }, by_user(user_id, ip)).await
}

fn by_user(user_id: &str, ip: &str) -> Ending {
    let actor = Actor::User(user_id.to_owned());
    Ending { actor, reason: EndReason::ByUser, words: String::new(), ip: ip.to_owned() }
}

fn back_with(receipt: &Receipt) {
    tell_next_page(&Typed::new(&[("ended", &receipt.sessions_ended.to_string())]));
    leptos_axum::redirect("/account/devices");
}
