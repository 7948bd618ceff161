//! Remove what is too old to be kept, from the old end of the chain, and say so under its key: what is missing beyond that
//! was removed by someone else. A job on every instance. Server side.

use std::time::Duration;

use super::{ChainKey, key_name, store, store::Removed};
use crate::{
    audit::log::store::EventRow,
    base::{DAY_MS, sealed::SecretKey, state::AppState},
};

/// Events that are removed in one transaction. On SQLite no one else writes meanwhile, so it is some milliseconds of work.
const AT_ONCE: i64 = 500;

/// Between two transactions others get their turn.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, thiserror::Error)]
pub enum NotRemoved {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Going on would put our seal under what someone else has written.
    #[error("the record of removed events was changed; run `latchkey audit verify`")]
    Forged,
}

#[derive(Clone)]
pub struct Retention {
    state: AppState,
    key: ChainKey,
}

impl Retention {
    pub fn new(state: AppState, secret: &SecretKey) -> Self {
        Self { state, key: ChainKey::of(secret) }
    }

    /// Removes everything that is too old; how much that was.
    pub async fn remove_old(&self) -> Result<u64, NotRemoved> {
        let mut count = 0;
        loop {
            let some = self.remove_some().await?;
            count += some;
            if some == 0 {
                if count > 0 {
                    tracing::info!(events = count, "old events of the audit log were removed");
                }
                return Ok(count);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One transaction. The lock comes first: of two instances the second goes on where the first has ended.
    async fn remove_some(&self) -> Result<u64, NotRemoved> {
        let (days, now_ms) = (self.state.config.audit_retention_days, self.state.clock.now_ms());
        if days == 0 {
            return Ok(0);
        }
        let mut tx = self.state.db.begin_write().await?;
        store::lock_chain(&mut tx).await?;
        let before = store::removed(&mut *tx).await?.pop();
        let is_ours = |said: &Removed| self.key.seal_removed(said) == said.seal;
        let is_others = |said: &Removed| !self.key.is_named_in(&said.seal) && key_name(&said.seal).is_some();
        if before.as_ref().is_some_and(|said| !is_ours(said) && !is_others(said)) {
            return Err(NotRemoved::Forged);
        }
        // The newest event stays, however old it is: the end of the chain is known by it.
        let Some(end) = store::end(&mut *tx).await? else { return Ok(0) };
        let after = before.as_ref().map_or(0, |removed| removed.last_seq);
        let rows = store::sealed_after(&mut *tx, after, AT_ONCE).await?;
        let is_old = |row: &EventRow| row.at < now_ms - days * DAY_MS && row.seq < Some(end.seq);
        // What a clock that was ahead has dated goes with what was sealed after it, or it would hold everything up.
        let is_ahead = |row: &EventRow| row.at > now_ms + DAY_MS;
        let mut old: Vec<EventRow> = rows.iter().take_while(|row| is_old(row) || is_ahead(row)).cloned().collect();
        old.truncate(old.iter().rposition(is_old).map_or(0, |at| at + 1));
        let Some(last) = old.last().and_then(|row| row.seq) else { return Ok(0) };
        let said = self.statement(before, &old, now_ms);
        let removed = store::remove_between(&mut *tx, after, last).await?;
        store::say_removed(&mut *tx, &said).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// What is said of these and of what was removed before them. A statement under another key stays as it is, and a new
    /// one goes on after it: who has the former key can still check it.
    fn statement(&self, before: Option<Removed>, rows: &[EventRow], now_ms: i64) -> Removed {
        let mut said = match before {
            Some(before) if self.key.is_named_in(&before.seal) => before,
            before => {
                let Removed { last_seq, last_mac, .. } = before.unwrap_or_default();
                Removed { first_seq: last_seq + 1, last_seq, last_mac, ..Removed::default() }
            }
        };
        for row in rows {
            let seq = row.seq.unwrap_or_default();
            let missing = seq - said.last_seq - 1;
            // What someone has changed is removed like the rest, and that it was changed is said for ever.
            let is_ours = self.key.is_named_in(&row.mac);
            let fits = is_ours && (missing > 0 || self.key.mac(&said.last_mac, row) == row.mac);
            let is_other = !is_ours && key_name(&row.mac).is_some();
            said.events += 1;
            said.unfit += missing + i64::from(!fits && !is_other);
            said.unchecked += i64::from(is_other);
            said.until_at = said.until_at.max(row.at);
            (said.last_seq, said.last_mac) = (seq, row.mac.clone());
        }
        said.removed_at = now_ms;
        said.seal = self.key.seal_removed(&said);
        said
    }
}
