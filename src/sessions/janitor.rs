//! Clear away what nobody can ask about any more. Server side.

use std::time::Duration;

use tokio::{task::JoinHandle, time::MissedTickBehavior};

use super::{half_log_in, store};
use crate::{instances, known_devices, mail, revocations, state::AppState, throttle};

const EVERY: Duration = Duration::from_secs(300);

/// Ended sessions are kept a month, so that the log-in page can say why, and a clock that jumped deletes nothing
/// alive.
const KEEP_SESSIONS_MS: i64 = 30 * 24 * 3_600_000;
const KEEP_REVOCATIONS_MS: i64 = 24 * 3_600_000;
const KEEP_INSTANCES_MS: i64 = 24 * 3_600_000;
const KEEP_DEVICES_MS: i64 = known_devices::KEEP_DAYS * 24 * 3_600_000;
/// By then every counted try is forgotten.
const KEEP_TRIES_MS: i64 = 7 * 24 * 3_600_000;
/// Long enough to see what went out; those that did not are of more interest.
const KEEP_SENT_MAILS_MS: i64 = 7 * 24 * 3_600_000;
const KEEP_GIVEN_UP_MAILS_MS: i64 = 30 * 24 * 3_600_000;
/// A clock that went back makes none of them work again.
const KEEP_USED_HALVES_MS: i64 = 24 * 3_600_000;
const KEEP_DEAD_LINKS_MS: i64 = 30 * 24 * 3_600_000;

/// Runs until the task is dropped.
pub fn clean_up(state: AppState) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = clean_once(&state).await {
                tracing::warn!(%error, "cleaning up failed; the next round tries again");
            }
        }
    })
}

/// One round.
///
/// # Errors
/// When the database does not take it.
pub async fn clean_once(state: &AppState) -> Result<(), sqlx::Error> {
    let now_ms = state.clock.now_ms();
    let sessions = store::delete_old(&state.db.pool, now_ms - KEEP_SESSIONS_MS).await?;
    let revoked = revocations::store::delete_old(&state.db.pool, now_ms - KEEP_REVOCATIONS_MS).await?;
    let gone = instances::store::delete_old(&state.db.pool, now_ms - KEEP_INSTANCES_MS).await?;
    let devices = known_devices::store::delete_old(&state.db.pool, now_ms - KEEP_DEVICES_MS).await?;
    let tries = throttle::store::delete_old(&state.db.pool, now_ms - KEEP_TRIES_MS).await?;
    let (sent, given_up) = (now_ms - KEEP_SENT_MAILS_MS, now_ms - KEEP_GIVEN_UP_MAILS_MS);
    let mails = mail::store::delete_old(&state.db.pool, sent, given_up).await?;
    let links = mail::store::delete_old_links(&state.db.pool, now_ms - KEEP_DEAD_LINKS_MS).await?;
    let halves = half_log_in::store::delete_old(&state.db.pool, now_ms - KEEP_USED_HALVES_MS).await?;
    if sessions + revoked + gone + devices + tries + mails + links + halves > 0 {
        tracing::info!(
            sessions,
            revocations = revoked,
            instances = gone,
            devices,
            tries,
            mails,
            links,
            half_log_ins = halves,
            "old rows removed"
        );
    }
    Ok(())
}
