//! A second factor that a mailbox says is someone else's: it goes after some days, and whoever is against it calls it
//! off. Server side.
//!
//! Who reads the mail of an account may be its owner, locked out by a thief's second factor, or a thief, whom the
//! owner's second factor is there to stop. Time tells them apart: see docs/SECURITY.md.

use serde_json::json;

use super::store;
use crate::{
    auth::{
        event,
        event::{Actor, Event, Kind},
        links,
        links::Purpose,
        outbox,
        outbox::{Mail, Notification},
        users::store as user_store,
    },
    base::{caller::Caller, db::Tx, error::AppError, state::AppState},
};

/// Lets go, in as many days as the link that calls it off works, what was made since the oldest "this was not me" link
/// that works could have been sent: someone who knew the password then may have made it. Older ones stay, whatever a mailbox says
/// (ASVS 6.4.3). Returns when something goes, and whether that is news.
pub async fn begin(tx: &mut Tx, event: &Event, now_ms: i64) -> Result<Option<(i64, bool)>, AppError> {
    let (user_id, since) = (&event.subject, now_ms - Purpose::NotMe.lifetime_ms());
    let is_news = store::let_go(tx, user_id, since, now_ms + Purpose::KeepFactor.lifetime_ms()).await?;
    let Some(at) = store::goes_at(&mut **tx, user_id, now_ms).await? else { return Ok(None) };
    if is_news {
        let event = Event { kind: Kind::SecondFactorGoes, details: json!({ "at": at }), ..event.clone() };
        event::store::insert(&mut **tx, &event, now_ms).await?;
    }
    Ok(Some((at, is_news)))
}

/// Nothing goes any more. `event` says who has called it off, and whose it is; `false` where nothing was to go.
pub async fn call_off(tx: &mut Tx, event: &Event, now_ms: i64) -> Result<bool, AppError> {
    let user_id = &event.subject;
    let Some(at) = store::goes_at(&mut **tx, user_id, now_ms).await? else { return Ok(false) };
    store::keep(tx, user_id, now_ms).await?;
    outbox::store::call_off(&mut **tx, user_id, &Mail::SecondFactorGoes { at }, now_ms).await?;
    links::store::kill(&mut **tx, user_id, Purpose::KeepFactor, now_ms).await?;
    let event = Event { kind: Kind::SecondFactorKept, ..event.clone() };
    event::store::insert(&mut **tx, &event, now_ms).await?;
    Ok(true)
}

/// Clears away what is gone by now. No one waits for it: from its time on no one asks for the factor anyway.
pub async fn clean_once(state: &AppState) -> Result<(), AppError> {
    for user_id in store::users_to_clear(&state.db.pool, state.clock.now_ms()).await? {
        clear(state, &user_id).await?;
    }
    Ok(())
}

/// Removes what is gone of one user, writes it down and tells the owner. No one is logged out: whoever logged in since
/// the removal began has entered a code, and with it called the removal off.
pub async fn clear(state: &AppState, user_id: &str) -> Result<(), AppError> {
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    user_store::lock(&mut *tx, user_id).await?;
    let row = store::find(&mut *tx, user_id).await?;
    let is_gone = row.is_some_and(|row| row.confirmed_at.is_some() && !row.is_on(now_ms));
    let kind = if is_gone {
        remove(&mut tx, user_id).await?;
        Kind::SecondFactorOff
    } else if store::delete_gone_codes(&mut *tx, user_id, now_ms).await? > 0 {
        Kind::RecoveryCodesRemoved
    } else {
        return Ok(());
    };
    event::store::insert(&mut *tx, &Event::new(kind, Actor::System, user_id), now_ms).await?;
    if let Some(user) = user_store::find_by_id(&mut *tx, user_id).await?.filter(|_| is_gone) {
        outbox::tell(&mut *tx, state, &user, Notification::SecondFactorOff, &Caller::default()).await?;
    }
    tx.commit().await?;
    tracing::info!(user = user_id, what = kind.into_str(), "removed, as announced");
    Ok(())
}

/// Removes the second factor of a user with all that belongs to it; `false` when there was none that login asked for.
pub async fn remove(tx: &mut Tx, user_id: &str) -> Result<bool, AppError> {
    let was_on = store::delete(&mut **tx, user_id).await?;
    store::delete_codes(&mut **tx, user_id).await?;
    store::forget_all(&mut **tx, user_id).await?;
    Ok(was_on)
}
