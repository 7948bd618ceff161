//! Seal what was written: a job on every instance, behind the acts, so that no login waits for the chain. Server side.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use super::{Anchor, ChainKey, key_name, new_salt, origin_digest, store, store::End, words_digest};
use crate::{
    audit::log::store::EventRow,
    auth::{
        event,
        event::{Actor, Event, Kind},
    },
    base::{
        DAY_MS,
        db::{Tx, in_time},
        sealed::SecretKey,
        state::AppState,
    },
};

/// Events that are sealed in one transaction. On SQLite no one else writes meanwhile, so it is some milliseconds of work.
const AT_ONCE: i64 = 200;

/// Between two transactions others get their turn.
const PAUSE: Duration = Duration::from_millis(20);

/// Beyond this the database counts as silent.
const BATCH_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, thiserror::Error)]
pub enum NotSealed {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(
        "the audit log was sealed with a different secret key; run `latchkey audit resume` to continue with this one"
    )]
    OtherKey,
    /// Going on would hide what someone did: the gap would be sealed.
    #[error("the end of the audit log was changed; run `latchkey audit verify`")]
    Broken,
    #[error("the system gave no random bytes")]
    NoRandomness,
}

#[derive(Clone)]
pub struct Sealer {
    state: AppState,
    key: ChainKey,
    /// The greatest number that this process has seen.
    seen: Arc<AtomicI64>,
}

impl Sealer {
    pub fn new(state: AppState, secret: &SecretKey) -> Self {
        Self { state, key: ChainKey::of(secret), seen: Arc::default() }
    }

    /// Seals everything that waits; how much that was.
    pub async fn seal_all(&self) -> Result<usize, NotSealed> {
        let mut count = 0;
        while store::anything_waits(&self.state.db.pool).await? {
            if count > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            count += in_time(BATCH_MAX, async { Ok(self.seal_batch().await) }).await??;
        }
        Ok(count)
    }

    /// One transaction. The lock comes first, and what waits is read after it: of two instances the second goes on where
    /// the first has ended.
    async fn seal_batch(&self) -> Result<usize, NotSealed> {
        let mut tx = self.state.db.begin_write().await?;
        store::lock_chain(&mut tx).await?;
        let end = store::end(&mut *tx).await?.ok_or(NotSealed::Broken)?;
        self.check_end(&end, store::last(&mut *tx).await?.as_ref())?;
        let seen = self.seen.swap(end.seq, Ordering::Relaxed);
        if end.seq < seen {
            tracing::error!(now = end.seq, before = seen, "the audit log got shorter: was a backup restored?");
        }
        let rows = store::waiting(&mut *tx, AT_ONCE).await?;
        let rows = self.sealed(end, rows).ok_or(NotSealed::NoRandomness)?;
        self.write(tx, &rows).await?;
        Ok(rows.len())
    }

    fn check_end(&self, end: &End, last: Option<&EventRow>) -> Result<(), NotSealed> {
        if *end == End::default() && last.is_none() {
            return Ok(());
        }
        if key_name(&end.seal).is_some() && !self.key.is_named_in(&end.seal) {
            return Err(NotSealed::OtherKey);
        }
        let fits = end.seal == self.key.seal(end.seq, &end.mac);
        // After a break that an operator has let go on, the last number may stand for a row that is missing.
        let is_last = last.is_none_or(|row| row.seq <= Some(end.seq) && row.mac == end.mac);
        let nothing_is_missing = last.is_some() || end.mac.is_empty();
        if fits && is_last && nothing_is_missing { Ok(()) } else { Err(NotSealed::Broken) }
    }

    /// Each onto the one before.
    fn sealed(&self, end: End, mut rows: Vec<EventRow>) -> Option<Vec<EventRow>> {
        let End { mut seq, mut mac, .. } = end;
        for row in &mut rows {
            seq += 1;
            row.seq = Some(seq);
            (row.origin_salt, row.words_salt) = (new_salt()?, new_salt()?);
            row.origin_digest = origin_digest(&row.origin_salt, &row.ip, &row.device);
            row.words_digest = words_digest(&row.words_salt, &row.reason, &row.details);
            row.mac = self.key.mac(&mac, row);
            mac.clone_from(&row.mac);
        }
        Some(rows)
    }

    async fn write(&self, mut tx: Tx, rows: &[EventRow]) -> Result<(), sqlx::Error> {
        let Some(last) = rows.last() else { return Ok(()) };
        let mut counts = BTreeMap::new();
        for row in rows {
            // Rows of the log change under the lock only, so this one is as it was read.
            if !store::seal(&mut *tx, row).await? {
                return Err(sqlx::Error::RowNotFound);
            }
            // Its address had an account already: no one was added.
            if row.event == Kind::SignedUp.into_str() && row.subject.is_empty() {
                continue;
            }
            *counts.entry((row.at.div_euclid(DAY_MS), &*row.event)).or_insert(0) += 1;
        }
        for ((day, event), count) in counts {
            store::count(&mut *tx, day, event, count).await?;
        }
        let seq = last.seq.unwrap_or_default();
        store::set_end(&mut *tx, &End { seq, mac: last.mac.clone(), seal: self.key.seal(seq, &last.mac) }).await?;
        tx.commit().await?;
        self.seen.store(seq, Ordering::Relaxed);
        Ok(())
    }

    /// Lets a chain go on whose end is not ours: the secret key was replaced, or someone has changed the end. It is
    /// written down with what the end was, and whatever is missing stays missing. `None` when there is nothing to mend.
    pub async fn resume(&self, words: &str) -> Result<Option<Anchor>, sqlx::Error> {
        let mut tx = self.state.db.begin_write().await?;
        store::lock_chain(&mut tx).await?;
        let (claimed, last) = (store::end(&mut *tx).await?, store::last(&mut *tx).await?);
        if claimed.as_ref().is_some_and(|end| self.check_end(end, last.as_ref()).is_ok()) {
            return Ok(None);
        }
        let (last_seq, mac) = last.map_or((0, String::new()), |row| (row.seq.unwrap_or_default(), row.mac));
        let claimed = claimed.unwrap_or_default();
        let is_ours = claimed.seal == self.key.seal(claimed.seq, &claimed.mac);
        let (before, from) = (Anchor { seq: claimed.seq, mac: claimed.mac }, Anchor { seq: last_seq, mac });
        let details = json!({ "end_was": before, "last_event": from, "seal_was": claimed.seal });
        let reason = words.to_owned();
        let event = Event { reason, details, ..Event::new(Kind::AuditResumed, Actor::CommandLine, "") };
        event::store::insert(&mut *tx, &event, self.state.clock.now_ms()).await?;
        // The numbers that an end of ours knew of are not given again, or no one would see that their events are gone.
        // What someone else wrote there counts for nothing; `verify` goes by the event.
        let seq = if is_ours { last_seq.max(before.seq) } else { last_seq };
        store::set_end(&mut *tx, &End { seq, mac: from.mac.clone(), seal: self.key.seal(seq, &from.mac) }).await?;
        tx.commit().await?;
        Ok(Some(from))
    }
}
