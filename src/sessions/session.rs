//! What a session holds, and the only place that knows its keys. Server side.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use tower_sessions::Session;
use uuid::Uuid;

use super::Ended;
use crate::{config::Config, error::AppError, revocations::EndReason, state::AppState, web::caller::Caller};

/// The record of a log-in: what the store needs to make a row of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct LogIn {
    /// Public name of the session.
    pub sid: String,
    pub user_id: String,
    pub user_agent: String,
    pub ip: String,
    /// Milliseconds since the epoch, like all times here.
    pub created_at: i64,
    pub authenticated_at: i64,
    pub last_seen_at: i64,
    pub idle_expires_at: i64,
    pub expires_at: i64,
}

/// Key of the [`LogIn`] in a session's data.
pub const LOG_IN: &str = "log_in";
/// Key of the [`Ended`] that the store puts into a dead session's data.
pub const ENDED: &str = "ended";

impl LogIn {
    pub fn new(user_id: &str, caller: &Caller, config: &Config, now_ms: i64) -> Self {
        let expires_at = now_ms + config.session_lifetime_hours * 3_600_000;
        Self {
            sid: Uuid::now_v7().to_string(),
            user_id: user_id.to_owned(),
            user_agent: caller.user_agent.clone(),
            ip: caller.ip.clone(),
            created_at: now_ms,
            authenticated_at: now_ms,
            last_seen_at: now_ms,
            idle_expires_at: idle_end(config, now_ms).min(expires_at),
            expires_at,
        }
    }
}

/// When a session that is used now goes idle.
pub fn idle_end(config: &Config, now_ms: i64) -> i64 {
    now_ms + config.session_idle_minutes * 60_000
}

/// The session of one browser: start it, read it.
pub struct BrowserSession<'a>(pub &'a Session);

impl BrowserSession<'_> {
    /// Starts a new session under a new secret, to avoid fixation attacks (ASVS 7.2.4). The caller ends the one
    /// before. The row is there when this returns: no cookie leaves for a session that could not be written.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn start(&self, state: &AppState, user_id: &str, caller: &Caller) -> Result<LogIn, AppError> {
        let log_in = LogIn::new(user_id, caller, &state.config, state.clock.now_ms());
        if self.0.id().is_some() {
            // Not `flush`: it keeps the old secret in the record and would use it again.
            self.0.cycle_id().await?;
            self.0.clear().await;
        }
        self.0.insert(LOG_IN, &log_in).await?;
        self.0.save().await?;
        Ok(log_in)
    }

    /// The log-in, while the session is alive.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn log_in(&self) -> Result<Option<LogIn>, AppError> {
        Ok(self.0.get(LOG_IN).await?)
    }

    /// How the session ended, if it did.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ended(&self) -> Result<Option<Ended>, AppError> {
        Ok(self.0.get(ENDED).await?)
    }

    /// Forgets the session in this browser: the answer removes the cookie.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn forget(&self) -> Result<(), AppError> {
        Ok(self.0.flush().await?)
    }
}

/// The reason for a row that is past its time but has no tombstone yet.
pub fn timed_out(idle_expires_at: i64, expires_at: i64, now_ms: i64) -> Option<Ended> {
    if now_ms >= expires_at {
        return Some(Ended { reason: EndReason::Expired, at: expires_at });
    }
    (now_ms >= idle_expires_at).then_some(Ended { reason: EndReason::Idle, at: idle_expires_at })
}
