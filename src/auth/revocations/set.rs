//! The set in memory that every request with a token or a cached session asks: exact, no I/O, as deep as the longest token lives, and 90 s. Server side.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    memory::{Moment, Set},
    store,
    store::{New, RevocationRow, Subject},
};
use crate::{
    auth::event::Actor,
    base::{
        db::{Db, SILENCE_MAX, Tx, in_time},
        error::AppError,
        metrics::{Metrics, Spread, Via},
        state::{Clock, Stopwatch},
    },
};

/// After this silence of the database, memory is no longer trusted and each request asks.
pub const STALE_AFTER: Duration = Duration::from_secs(5);

/// A read of everything may take longer than one of what is new, but not longer than memory is trusted.
const RELOAD_MAX: Duration = STALE_AFTER;

/// Before the first number: everything is after it.
const NOTHING: i64 = -1;

/// Shared by all requests of this process. Cheap to clone.
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    /// Made anew by each process: the name of this memory among the instances.
    id: String,
    db: Db,
    clock: Clock,
    metrics: Metrics,
    set: RwLock<Set>,
    /// One read of the feed at a time.
    syncing: tokio::sync::Mutex<()>,
    /// Counts up whenever something was taken in, after it is.
    changes: watch::Sender<u64>,
}

/// A read of the feed. One that is given up because the database is silent ends here without a result.
struct Reading<'a> {
    metrics: &'a Metrics,
    succeeded: bool,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.metrics.feed_read(self.succeeded);
    }
}

/// What a session, or a token of it, says about itself, as far as revocation cares.
#[derive(Clone, Copy, Debug)]
pub struct RevocationSubject<'a> {
    pub user_id: &'a str,
    pub sid: &'a str,
    pub epoch: i64,
    /// The epoch of everyone that it began in.
    pub global_epoch: i64,
    pub granted: Option<Granted<'a>>,
}

/// What the token of an application says besides.
#[derive(Clone, Copy, Debug)]
pub struct Granted<'a> {
    pub grant: &'a str,
    pub client: &'a str,
    pub client_epoch: i64,
}

impl Revocations {
    /// Reads all that counts. Nothing may be answered before: an empty set would let revoked tokens in.
    pub async fn load(db: Db, clock: Clock, metrics: Metrics) -> Result<Self, sqlx::Error> {
        let this = Self(Arc::new(Inner {
            id: Uuid::now_v7().to_string(),
            db,
            clock,
            metrics,
            set: RwLock::new(Set { seq: NOTHING, ..Set::default() }),
            syncing: tokio::sync::Mutex::default(),
            changes: watch::Sender::new(0),
        }));
        this.reload().await?;
        Ok(this)
    }

    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Whether a token that says this of itself, signed with the key `kid`, is dead. No I/O: call [`Self::ensure_fresh`]
    /// before.
    pub fn is_dead(&self, token: RevocationSubject<'_>, kid: &str) -> bool {
        self.is_over(token) || self.is_key_dead(kid)
    }

    /// Whether the session is over, or its user or everyone has a newer epoch.
    pub fn is_over(&self, session: RevocationSubject<'_>) -> bool {
        let set = self.read();
        let is_below = |id: &str, epoch: i64| set.users.get(id).is_some_and(|(least, _)| epoch < *least);
        let below_epoch = is_below(session.user_id, session.epoch);
        let taken_back = session.granted.is_some_and(|granted| {
            set.sessions.contains_key(granted.grant) || is_below(granted.client, granted.client_epoch)
        });
        let before_all_ended = set.everyone.is_some_and(|(least, _)| session.global_epoch < least);
        before_all_ended || below_epoch || taken_back || set.sessions.contains_key(session.sid)
    }

    /// Whether the signing key of this kid was revoked, as far as memory goes back.
    pub fn is_key_dead(&self, kid: &str) -> bool {
        self.read().keys.contains_key(kid)
    }

    /// Whether what was read of this user's sessions, when [`Self::seq`] was this, may have changed since.
    pub fn may_have_changed(&self, user_id: &str, read_at_seq: i64) -> bool {
        let set = self.read();
        read_at_seq > set.seq || set.changed.get(user_id).is_some_and(|(seq, _)| *seq > read_at_seq)
    }

    /// Nothing, normally. When the feed has been silent for [`STALE_AFTER`], asks the database now: once for all who
    /// wait, and no longer than [`SILENCE_MAX`].
    ///
    /// # Errors
    /// [`AppError::Busy`] (503) when the database does not answer either: never trust a memory that may be wrong.
    pub async fn ensure_fresh(&self) -> Result<(), AppError> {
        if !self.is_stale() {
            return Ok(());
        }
        in_time(SILENCE_MAX, self.sync_if_stale()).await.map_err(|error| {
            tracing::error!(%error, "the revocation feed is stale and the database does not answer");
            AppError::Busy
        })
    }

    async fn sync_if_stale(&self) -> Result<(), sqlx::Error> {
        let _one_at_a_time = self.0.syncing.lock().await;
        // Whoever held the lock before has asked for all of us.
        if self.is_stale() { self.read_after(self.seq()).await } else { Ok(()) }
    }

    pub fn is_stale(&self) -> bool {
        let now_ms = self.0.clock.now_ms();
        self.read().synced.is_none_or(|synced| synced.is_older_than(STALE_AFTER, now_ms))
    }

    /// Since the database last answered, in seconds.
    pub fn silent_seconds(&self) -> f64 {
        self.read().synced.map_or(f64::INFINITY, |synced| synced.watch.elapsed_seconds())
    }

    /// How long revocations took to come into this memory.
    pub fn spread(&self, via: Via) -> Spread {
        self.0.metrics.spread(via)
    }

    /// Everything up to this number is in memory.
    pub fn seq(&self) -> i64 {
        self.read().seq
    }

    /// Revocations in memory.
    pub fn count(&self) -> usize {
        let set = self.read();
        set.sessions.len() + set.users.len() + set.keys.len() + usize::from(set.everyone.is_some())
    }

    /// As if the database had been silent for longer than [`STALE_AFTER`].
    #[cfg(test)]
    pub fn lose_contact(&self) {
        self.write().synced = None;
    }

    /// Writes revocations as the last act of a transaction, commits it, and refuses from then on what they name. Returns the
    /// number of the last one.
    pub async fn commit(&self, mut tx: Tx, all: &[New<'_>]) -> sqlx::Result<Option<i64>> {
        let mut rows = Vec::with_capacity(all.len());
        for new in all {
            rows.push(store::insert(&mut tx, new).await?);
        }
        tx.commit().await?;
        rows.iter().for_each(|row| self.publish(row));
        Ok(rows.last().map(|row| row.seq))
    }

    /// Commits a change of a user, or of a session of theirs, that lives on: no process goes on with what it has cached.
    pub async fn commit_change(&self, tx: Tx, user_id: &str) -> sqlx::Result<()> {
        let (subject, actor) = (Subject::Changed(user_id), &Actor::User(user_id.to_owned()));
        let new = New { subject, reason: store::CHANGED, actor, revoked_at: self.0.clock.now_ms() };
        self.commit(tx, &[new]).await.map(drop)
    }

    /// Takes in a revocation of this process at once, before the answer goes out. The sequence number stays:
    /// one from another process may be missing before this one.
    pub fn publish(&self, row: &RevocationRow) {
        let news = self.write().take_in(row);
        if news {
            self.0.metrics.revocation_taken_in(Via::Local, self.0.clock.now_ms() - row.revoked_at);
        }
        self.tell();
    }

    /// Wakes whoever waits for the end of something: after that, [`Self::is_dead`] may answer otherwise, and
    /// [`Self::seq`] too.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Reads what is new: one row when nothing is.
    pub async fn sync(&self) -> Result<(), sqlx::Error> {
        let _one_at_a_time = self.0.syncing.lock().await;
        in_time(SILENCE_MAX, self.read_after(self.seq())).await
    }

    /// Reads everything that can still matter, for whoever does not know what was missed. Nothing is forgotten by it.
    pub async fn reload(&self) -> Result<(), sqlx::Error> {
        let _one_at_a_time = self.0.syncing.lock().await;
        in_time(RELOAD_MAX, self.read_after(NOTHING)).await
    }

    /// The caller holds the lock.
    async fn read_after(&self, known: i64) -> Result<(), sqlx::Error> {
        let mut reading = Reading { metrics: &self.0.metrics, succeeded: false };
        let result = self.try_read_after(known).await;
        reading.succeeded = result.is_ok();
        result
    }

    async fn try_read_after(&self, known: i64) -> Result<(), sqlx::Error> {
        let now_ms = self.0.clock.now_ms();
        let started = Moment { watch: Stopwatch::start(), at_ms: now_ms };
        let mut db = self.0.db.pool.acquire().await?;
        let newest = store::newest_seq(&mut *db).await?;
        // A lower number is another history: a backup was restored, or another server took over. By a clock that was ahead
        // too much was forgotten.
        let is_back = self.read().synced.is_some_and(|synced| now_ms < synced.at_ms);
        let known = if newest < known || is_back { NOTHING } else { known };
        let rows = if newest == known { Vec::new() } else { store::after(&mut *db, known, now_ms).await? };
        self.take_in(&rows, newest, started);
        Ok(())
    }

    fn take_in(&self, rows: &[RevocationRow], newest: i64, started: Moment) {
        let seq = rows.last().map_or(newest, |row| row.seq.max(newest));
        let mut set = self.write();
        let at_start = set.seq == NOTHING;
        for row in rows {
            if set.take_in(row) && !at_start {
                tracing::info!(
                    kind = row.kind,
                    subject = row.subject,
                    seq = row.seq,
                    "a revocation of another process"
                );
                self.0.metrics.revocation_taken_in(Via::Feed, self.0.clock.now_ms() - row.revoked_at);
            }
        }
        if seq < set.seq {
            tracing::warn!(
                known = set.seq,
                seq,
                "the revocations in the database went back; everything was read again"
            );
        }
        let news = seq != set.seq || !rows.is_empty();
        set.seq = seq;
        set.forget_before(started.at_ms);
        set.synced = Some(started);
        drop(set);
        if news {
            self.tell();
        }
    }

    fn tell(&self) {
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Set> {
        self.0.set.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Set> {
        self.0.set.write().unwrap_or_else(PoisonError::into_inner)
    }
}
