//! Keeps the signing keys of a running server up to date, and clears the dead ones away. Server side.

use std::time::Duration;

use tokio::task::JoinHandle;
use tracing::Instrument;

use super::{KeyState, keys::Keys, schedule::KeySchedule, store};
use crate::base::jobs::Outage;

/// What another instance has changed is known here after so long at the latest; a revocation comes through the feed at once.
const RELOAD_EVERY: Duration = Duration::from_secs(5);

/// A dead key is listed for a month, so that a log line about it can still be understood.
const KEEP_DEAD_MS: i64 = 30 * 24 * 3_600_000;

/// Reads the keys again and again, and right after a revocation, until the task is aborted.
pub fn keep(keys: Keys) -> JoinHandle<()> {
    let rounds = async move {
        let mut changes = keys.revocations().changes();
        let mut outage =
            Outage::new("the signing keys are not read; the ones before stay", "the signing keys are read again");
        loop {
            outage.note(&keys.reload().await);
            // After a reload that failed a revocation is still missing, so it is the next change that counts.
            let revoked = async { while changes.changed().await.is_ok() && !keys.misses_a_revocation() {} };
            let _ = tokio::time::timeout(RELOAD_EVERY, revoked).await;
        }
    };
    tokio::spawn(rounds.in_current_span())
}

/// Forgets the private half of dead keys, and after a month the rest.
pub async fn tidy(keys: &Keys) -> Result<(), sqlx::Error> {
    let (db, now_ms) = (&keys.state().db.pool, keys.now_ms());
    let schedule = KeySchedule::of(store::all(db).await?);
    for life in schedule.iter().filter(|life| !schedule.state(life, now_ms).is_in_use()) {
        let kid = &life.row.kid;
        if life.ends_at.is_some_and(|end| now_ms - end > KEEP_DEAD_MS) {
            store::delete(db, kid).await?;
            tracing::info!(kid, "an expired signing key was removed");
        } else if !life.row.private_key_sealed.is_empty() {
            store::wipe(db, kid).await?;
            tracing::info!(kid, state = KeyState::Dead.into_str(), "the private half of a signing key was forgotten");
        }
    }
    Ok(())
}
