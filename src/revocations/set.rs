//! The set in memory that every JWT request asks: exact, no I/O, at most one token lifetime deep. Server side.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::store::{self, Row};
use crate::{
    db::Db,
    error::AppError,
    state::{Clock, Stopwatch},
};

/// Not heard from the database for so long: memory is not trusted any more, the database is asked per request.
pub const STALE_AFTER: Duration = Duration::from_secs(5);

/// Shared by all requests of this process. Cheap to clone.
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    set: RwLock<Set>,
    /// One read of the feed at a time.
    syncing: tokio::sync::Mutex<()>,
}

struct Set {
    /// sid → when it may be forgotten.
    sessions: HashMap<String, i64>,
    /// user id → (least epoch that counts, when it may be forgotten).
    users: HashMap<String, (i64, i64)>,
    /// Everything up to this sequence number is in.
    seq: i64,
    /// When the database last answered; `None` before it did.
    synced: Option<Stopwatch>,
}

/// What a token says about itself, as far as revocation cares.
#[derive(Clone, Copy, Debug)]
pub struct Bearing<'a> {
    pub user_id: &'a str,
    pub sid: &'a str,
    pub epoch: i64,
}

impl Revocations {
    /// Reads all that counts. Nothing may be answered before: an empty set would let revoked tokens in.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(db: Db, clock: Clock) -> Result<Self, sqlx::Error> {
        let set = Set { sessions: HashMap::new(), users: HashMap::new(), seq: -1, synced: None };
        let this = Self(Arc::new(Inner { db, clock, set: RwLock::new(set), syncing: tokio::sync::Mutex::default() }));
        this.sync().await?;
        Ok(this)
    }

    /// Whether a token with this bearing is dead. No I/O: call [`Self::ensure_fresh`] before.
    pub fn is_dead(&self, token: Bearing<'_>) -> bool {
        let set = self.read();
        let below_epoch = set.users.get(token.user_id).is_some_and(|(least, _)| token.epoch < *least);
        below_epoch || set.sessions.contains_key(token.sid)
    }

    /// Nothing, normally. When the feed has been silent for [`STALE_AFTER`], asks the database now.
    ///
    /// # Errors
    /// [`AppError::Busy`] (503) when the database does not answer either: never trust a memory that may be wrong.
    pub async fn ensure_fresh(&self) -> Result<(), AppError> {
        if !self.is_stale() {
            return Ok(());
        }
        self.sync().await.map_err(|error| {
            tracing::error!(%error, "the revocation feed is stale and the database does not answer");
            AppError::Busy
        })
    }

    pub fn is_stale(&self) -> bool {
        self.read().synced.is_none_or(|synced| u128::from(synced.elapsed_ms()) > STALE_AFTER.as_millis())
    }

    /// As if the database had been silent for longer than [`STALE_AFTER`].
    #[cfg(test)]
    pub fn lose_contact(&self) {
        self.write().synced = None;
    }

    /// Takes in a revocation of this process at once, before the answer goes out. The sequence number stays:
    /// one from another process may be missing before this one.
    pub fn publish(&self, row: &Row) {
        self.write().take_in(row);
    }

    /// Reads what is new: one row when nothing is.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sync(&self) -> Result<(), sqlx::Error> {
        let _one_at_a_time = self.0.syncing.lock().await;
        let started = Stopwatch::start();
        let known = self.read().seq;
        let now_ms = self.0.clock.now_ms();
        let newest = store::newest_seq(&self.0.db.pool).await?;
        let rows = if newest == known { Vec::new() } else { store::after(&self.0.db.pool, known, now_ms).await? };
        let mut set = self.write();
        for row in &rows {
            set.take_in(row);
        }
        set.seq = rows.last().map_or(newest, |row| row.seq.max(newest));
        set.forget_before(now_ms);
        set.synced = Some(started);
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Set> {
        self.0.set.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Set> {
        self.0.set.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Set {
    fn take_in(&mut self, row: &Row) {
        match row.kind.as_str() {
            "session" => {
                self.sessions.insert(row.subject.clone(), row.keep_until);
            }
            "user" => {
                let entry = self.users.entry(row.subject.clone()).or_insert((row.epoch, row.keep_until));
                *entry = (entry.0.max(row.epoch), entry.1.max(row.keep_until));
            }
            other => tracing::error!(kind = other, "a revocation of an unknown kind: made by a newer Latchkey?"),
        }
    }

    fn forget_before(&mut self, now_ms: i64) {
        self.sessions.retain(|_, keep_until| *keep_until >= now_ms);
        self.users.retain(|_, (_, keep_until)| *keep_until >= now_ms);
    }
}
