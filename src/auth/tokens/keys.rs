//! The signing keys of this process: loaded at the start, loaded again when they may have changed. Server side.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;

use super::{
    KeyInfo, KeyPurpose,
    claims::Verified,
    key_set::{Key, KeySet},
    schedule::KeySchedule,
    store,
    store::KeyRow,
};
use crate::{
    auth::revocations::set::Revocations,
    base::{
        cache::Cache,
        db::{SILENCE_MAX, again, in_time},
        error::AppError,
        sealed::SecretKey,
        state::AppState,
    },
};

/// The keys of this installation. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    state: AppState,
    secret: SecretKey,
    revocations: Revocations,
    key_set: RwLock<Arc<KeySet>>,
    /// Tokens that were verified here, by their whole text.
    verified: Cache<Verified>,
    /// One load at a time, or an older one could overwrite a newer.
    loading: Mutex<()>,
    /// When a token last named a key that no one here knew, in milliseconds since the epoch.
    looked_at: Mutex<i64>,
}

/// Tokens that name unknown keys make an instance ask the database this often at most: anybody can make one up.
const LOOK_EVERY_MS: i64 = 1_000;

impl Keys {
    /// Opens the keys; makes the first one.
    ///
    /// # Errors
    /// One line that says what to do.
    pub async fn load(state: AppState, secret: SecretKey, revocations: Revocations) -> Result<Self, String> {
        let keys = Self::unopened(state, secret, revocations);
        keys.reload().await?;
        keys.signing(KeyPurpose::All).await.map_err(|error| format!("could not create a signing key: {error}"))?;
        Ok(keys)
    }

    /// Opens nothing yet: [`Self::reload`] does, and proves that the secret key is the right one.
    pub fn unopened(state: AppState, secret: SecretKey, revocations: Revocations) -> Self {
        let (loading, looked_at) = Default::default();
        let key_set = RwLock::default();
        let verified = Cache::of(state.config.verified_tokens);
        Self(Arc::new(Inner { state, secret, revocations, key_set, verified, loading, looked_at }))
    }

    /// Reads the keys again. On failure the ones before stay.
    pub async fn reload(&self) -> Result<(), String> {
        self.read_again(|row| {
            let in_seconds = (row.signs_from - self.now_ms()) / 1000;
            tracing::info!(kid = row.kid, algorithm = row.algorithm, in_seconds, "a signing key of another process");
        })
        .await
    }

    /// Tells of each key that is new here, unless all are.
    pub(super) async fn read_again(&self, tell: impl Fn(&KeyRow)) -> Result<(), String> {
        let _one_at_a_time = self.0.loading.lock().await;
        // Bounded: whoever waits for the lock must not wait for a database that is gone without a word.
        let rows = in_time(SILENCE_MAX, store::all(&self.state().db.pool)).await.map_err(unreadable)?;
        let before = self.key_set();
        if !before.is_of(&rows) {
            let key_set = Arc::new(KeySet::open(rows, &self.0.secret, self.now_ms())?);
            if before.schedule().iter().next().is_some() {
                let lives = key_set.schedule().iter();
                lives.filter(|life| !before.knows(&life.row.kid)).for_each(|life| tell(&life.row));
            }
            *self.0.key_set.write().unwrap_or_else(PoisonError::into_inner) = key_set;
        }
        Ok(())
    }

    /// Reads the keys again because a token names one that is not among them: another instance may have made it.
    pub async fn look_for(&self, kid: &str) {
        let mut looked_at = self.0.looked_at.lock().await;
        let now_ms = self.now_ms();
        // While this caller waited for the lock, another one may have read it.
        if self.key_set().knows(kid) || (now_ms - *looked_at).abs() < LOOK_EVERY_MS {
            return;
        }
        *looked_at = now_ms;
        if let Err(error) = self.reload().await {
            tracing::warn!(error, "the signing keys were not read again");
        }
    }

    /// The key that signs now for this purpose. When this instance has heard that it was revoked, its successor; where
    /// none was ever needed, the first.
    ///
    /// # Errors
    /// [`AppError::Busy`] when the successor cannot be read; or when the database does not take the first.
    pub async fn signing(&self, purpose: KeyPurpose) -> Result<Arc<Key>, AppError> {
        let living = |key: &Arc<Key>| !self.0.revocations.is_key_dead(&key.kid);
        let found = || self.key_set().signing(purpose, self.now_ms()).filter(living);
        if let Some(key) = found() {
            return Ok(key);
        }
        let loaded = self.reload().await;
        if loaded.is_ok() && found().is_none() {
            again(|| self.make_first(purpose)).await?;
        }
        found().ok_or_else(|| {
            tracing::error!(error = loaded.err(), "there is no signing key");
            AppError::Busy
        })
    }

    /// Whether the set of revocations names a revoked key that is still alive here.
    pub fn misses_a_revocation(&self) -> bool {
        let key_set = self.key_set();
        let mut alive = key_set.schedule().iter().map(|life| &life.row).filter(|row| row.revoked_at.is_none());
        alive.any(|row| self.0.revocations.is_key_dead(&row.kid))
    }

    /// The keys as this process knows them.
    pub fn key_set(&self) -> Arc<KeySet> {
        Arc::clone(&self.0.key_set.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What may be published: no key whose tokens are refused here, also before it is read that it was revoked.
    pub fn public(&self) -> JwkSet {
        let mut public = self.key_set().public(self.now_ms());
        let is_dead = |kid: &String| self.0.revocations.is_key_dead(kid);
        public.keys.retain(|jwk| !jwk.common.key_id.as_ref().is_some_and(is_dead));
        public
    }

    /// As people see them, fresh from the database.
    pub async fn list(state: &AppState) -> Result<Vec<KeyInfo>, AppError> {
        Ok(KeySchedule::of(store::all(&state.db.pool).await?).infos(state.clock.now_ms()))
    }

    pub(super) fn verified(&self) -> &Cache<Verified> {
        &self.0.verified
    }

    pub(super) fn state(&self) -> &AppState {
        &self.0.state
    }

    pub(super) fn secret(&self) -> &SecretKey {
        &self.0.secret
    }

    pub(super) fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.state().clock.now_ms()
    }
}

fn unreadable(error: sqlx::Error) -> String {
    format!("the signing keys cannot be read: {error}")
}
