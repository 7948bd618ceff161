//! Keeps the signing keys of a running server up to date, and clears the dead ones away. Server side.

use std::time::Duration;

use tokio::{task::JoinHandle, time::MissedTickBehavior};

use super::{KeyState, keys::Keys, lives::Lives, store};

/// What another instance has changed is known here after so long at the latest; a kill comes through the feed at once.
const RELOAD_EVERY: Duration = Duration::from_secs(5);
const TIDY_EVERY: Duration = Duration::from_secs(300);

/// A dead key is listed for a month, so that a log line about it can still be understood.
const KEEP_DEAD_MS: i64 = 30 * 24 * 3_600_000;

/// Runs until the task is dropped. An outage is logged when it begins and when it ends, not at every round.
pub fn keep(keys: Keys) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut changes = keys.revocations().changes();
        let [mut reloads, mut rounds] = [RELOAD_EVERY, TIDY_EVERY].map(|every| {
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        let mut healthy = true;
        loop {
            tokio::select! {
                _ = reloads.tick() => {}
                Ok(()) = changes.changed() => {
                    if !keys.misses_a_kill() {
                        continue;
                    }
                }
                _ = rounds.tick() => {
                    if let Err(error) = tidy(&keys).await {
                        tracing::warn!(%error, "clearing signing keys away failed; the next round tries again");
                    }
                    continue;
                }
            }
            let result = keys.reload().await;
            let works = result.is_ok();
            match result {
                Ok(()) if !healthy => tracing::info!("the signing keys are read again"),
                Err(error) if healthy => tracing::error!(error, "the signing keys are not read; the ones before stay"),
                _ => {}
            }
            healthy = works;
        }
    })
}

/// Forgets the private half of dead keys, and after a month the rest.
///
/// # Errors
/// When the database does not take it.
pub async fn tidy(keys: &Keys) -> Result<(), sqlx::Error> {
    let (db, now_ms) = (&keys.state().db.pool, keys.now_ms());
    let lives = Lives::of(store::all(db).await?);
    for life in lives.iter().filter(|life| !lives.state(life, now_ms).is_in_use()) {
        let kid = &life.row.kid;
        if life.ends_at.is_some_and(|end| now_ms - end > KEEP_DEAD_MS) {
            store::delete(db, kid).await?;
            tracing::info!(kid, "a dead signing key was removed");
        } else if !life.row.private_key_sealed.is_empty() {
            store::wipe(db, kid).await?;
            tracing::info!(kid, state = KeyState::Dead.into_str(), "the private half of a signing key was forgotten");
        }
    }
    Ok(())
}
