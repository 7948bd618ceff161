//! Telling the owner that somebody guesses. Server side.

use super::Try;
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    caller::Caller,
    db::Tx,
    error::AppError,
    mail::{self, News},
    state::AppState,
    users::store::User,
};

/// So many wrong tries in a row are nobody's bad memory.
const MANY: i64 = 10;

/// A row and a mail a day say it.
const QUIET_MS: i64 = 24 * 3_600_000;

/// Call it in the transaction that notes a failed try: from the tenth in a row on it tells the account's owner, once a
/// day. Without an account it asks the database the same, so that both take the same time.
///
/// # Errors
/// When the database does not take it.
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
    let is_news = audit::store::insert_once(&mut **tx, &event, now_ms - QUIET_MS, now_ms).await?;
    match user {
        Some(user) if is_news => mail::tell(&mut **tx, state, user, News::Guessing, caller).await,
        _ => Ok(()),
    }
}
