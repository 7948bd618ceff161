//! Live sessions that were read a moment ago, so that a request need not read them again. Server side; no I/O.
//!
//! The database stays the authority. Whatever ends a session, or changes it or its user, is among the revocations, which are
//! asked each time; while they are stale, none is taken from here. Nor is a session kept that something has to be written
//! of: a new secret's first use, and a use each minute. So an error here lasts a minute at most.

use std::sync::Arc;

use crate::{
    auth::{
        revocations::set::{RevocationSubject, Revocations},
        sessions::{
            guard::LoggedIn,
            session::{CookieState, SessionRow},
        },
    },
    base::{cache::Cache, config::Config, state::AppState},
};

/// By the hash of their secret. Cheap to clone.
#[derive(Clone)]
pub struct SessionCache(Arc<Cache<Known>>);

struct Known {
    session: SessionRow,
    someone: LoggedIn,
    /// As far as the revocations had come before it was read.
    read_at_seq: i64,
}

impl SessionCache {
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Cache::of(config.cached_sessions)))
    }

    /// Whose session has this secret, if that was read a moment ago and nothing has happened to it since.
    pub fn find(&self, state: &AppState, revocations: &Revocations, secret_hash: &str) -> Option<LoggedIn> {
        let known = self.0.get(secret_hash)?;
        let Known { session, someone, read_at_seq } = &*known;
        let LoggedIn { user, log_in, .. } = someone;
        let subject = RevocationSubject {
            user_id: &user.id,
            sid: &log_in.sid,
            epoch: user.epoch,
            global_epoch: log_in.global_epoch,
            granted: None,
        };
        let still_counts = is_quiet(state, session, secret_hash)
            && !revocations.is_stale()
            && !revocations.is_over(subject)
            && !revocations.may_have_changed(&user.id, *read_at_seq);
        if !still_counts {
            self.0.remove(secret_hash);
            return None;
        }
        Some(someone.clone())
    }

    /// Keeps what was read when the revocations had come so far. What administrators and auditors read is written down, so
    /// their sessions are always read.
    pub fn keep(&self, state: &AppState, session: SessionRow, someone: &LoggedIn, read_at_seq: i64) {
        if is_quiet(state, &session, &someone.secret_hash) && !someone.user.role().oversees() {
            let known = Known { session, someone: someone.clone(), read_at_seq };
            self.0.insert(&someone.secret_hash, Arc::new(known));
        }
    }
}

/// Whether the session lives, its secret is the one that counts, and nothing has to be written down.
fn is_quiet(state: &AppState, session: &SessionRow, secret_hash: &str) -> bool {
    let now_ms = state.clock.now_ms();
    session.ended(now_ms).is_none()
        && session.secret(secret_hash, now_ms) == CookieState::Current
        && session.log_in.use_is_noted(&state.config, now_ms)
}
