//! Telling the owner that someone guesses. Server side.

use super::Try;
use crate::{
    auth::{
        event,
        event::{Actor, Event, Kind},
        outbox,
        outbox::Notification,
        users::store::User,
    },
    base::{caller::Caller, db::Tx, error::AppError, state::AppState},
};

/// Wrong tries in a row that no bad memory explains.
const MANY: i64 = 10;

/// A row and a mail a day say it.
const QUIET_MS: i64 = 24 * 3_600_000;

/// Call it in the transaction that notes a failed try: from the tenth in a row on it tells the account's owner, once a
/// day. Without an account it asks the database the same, so that both take the same time.
pub async fn note(
    tx: &mut Tx,
    state: &AppState,
    tried: &Try,
    user: Option<&User>,
    caller: &Caller,
) -> Result<(), AppError> {
    if tried.in_a_row() < MANY {
        return Ok(());
    }
    let now_ms = state.clock.now_ms();
    let subject = user.map(|user| user.id.clone()).unwrap_or_default();
    let event = Event::new(Kind::Guessing, Actor::Unknown, &subject).from_caller(caller);
    let is_news = event::store::insert_once(&mut **tx, &event, now_ms - QUIET_MS, now_ms).await?;
    match user {
        Some(user) if is_news => outbox::tell(&mut **tx, state, user, Notification::Guessing, caller).await,
        _ => Ok(()),
    }
}
