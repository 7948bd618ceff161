//! What a session holds, and how a secret stands to it. Server side; no I/O.

use sqlx_macros::FromRow;
use uuid::Uuid;

use super::{Ended, LiveSession};
use crate::{
    auth::{
        revocations::EndReason,
        users::{Role, store::User},
    },
    base::{
        caller::{Caller, device_words},
        config::Config,
        state::AppState,
    },
};

/// The record of a login: what the store needs to make a row of it.
#[derive(Clone, Debug, FromRow)]
pub struct LogIn {
    /// Public name of the session.
    pub sid: String,
    pub user_id: String,
    pub user_agent: String,
    pub ip: String,
    /// Milliseconds since the epoch, like all times here.
    pub created_at: i64,
    /// The last proof of identity.
    pub authenticated_at: i64,
    /// When a page of administration was last read.
    pub overseen_at: Option<i64>,
    pub last_seen_at: i64,
    pub idle_expires_at: i64,
    pub expires_at: i64,
    /// When "remember me" was chosen, if it was.
    pub remembered_at: Option<i64>,
    /// The role that the secret was given for.
    pub secret_role: String,
    /// The epoch of everyone that the session began in: when that is raised, it is over.
    pub global_epoch: i64,
    /// How it began, in the words of RFC 8176 with blanks between.
    pub amr: String,
}

/// How the secret in a cookie stands to the session that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieState {
    /// The one that counts.
    Current,
    /// The one that counts, and its use is not written down yet: the first one, and the first after [`STORED_AFTER_MS`].
    New,
    /// The one before, within [`GRACE_MS`]: a request that was under way. It reads, and changes nothing.
    InGrace,
    /// The one before, although the browser has the new one on its disk: someone holds a copy.
    Copied,
    /// The one before, and the new one was used only while the browser may not have stored it: it was killed and came
    /// back with its cookies of before, or someone holds a copy.
    NotStored,
    /// The one before, and no one has ever used the new one: it was lost on its way, and no one holds it.
    Lost,
}

/// How long requests with the secret before are answered after a rotation, in milliseconds: they were under way.
pub const GRACE_MS: i64 = 10_000;

/// A browser that still runs this many milliseconds after a rotation has the new secret on its disk: Chromium writes
/// its cookies every 30 s, other browsers sooner.
pub const STORED_AFTER_MS: i64 = 60_000;

impl LogIn {
    pub fn new(user: &User, remember: bool, caller: &Caller, global_epoch: i64, amr: &str, state: &AppState) -> Self {
        let (config, now_ms) = (&state.config, state.clock.now_ms());
        let remembered_at = remember.then_some(now_ms);
        let expires_at = now_ms + lifetime_ms(config, remember);
        Self {
            sid: Uuid::now_v7().to_string(),
            user_id: user.id.clone(),
            user_agent: caller.user_agent.clone(),
            ip: caller.ip.clone(),
            created_at: now_ms,
            authenticated_at: now_ms,
            overseen_at: None,
            last_seen_at: now_ms,
            idle_expires_at: (now_ms + idle_ms(config, remember)).min(expires_at),
            expires_at,
            remembered_at,
            secret_role: user.role().into_str().to_owned(),
            global_epoch,
            amr: amr.to_owned(),
        }
    }

    /// When administration was last read; a proof of identity is as good.
    pub fn last_reading(&self) -> i64 {
        self.overseen_at.unwrap_or_default().max(self.authenticated_at)
    }

    /// When the session goes idle if it is used now.
    pub fn idle_end(&self, config: &Config, now_ms: i64) -> i64 {
        (now_ms + idle_ms(config, self.remembered_at.is_some())).min(self.expires_at)
    }

    /// Whether the last use that is written down is enough: reading pages should not cost a write each, and who works all the
    /// time must not go idle in between. One that is still to come was written by a clock that was ahead.
    pub fn use_is_noted(&self, config: &Config, now_ms: i64) -> bool {
        let every_ms = (idle_ms(config, self.remembered_at.is_some()) / 4).min(60_000);
        (0..every_ms).contains(&(now_ms - self.last_seen_at))
    }

    /// Seconds that the cookie lives; `None` for one that ends with the browser.
    pub fn cookie_seconds(&self, now_ms: i64) -> Option<i64> {
        self.remembered_at.map(|_| (self.expires_at - now_ms) / 1000)
    }

    /// The secret was given for another role than the user has now (ASVS 7.2.4).
    pub fn outgrown_by(&self, role: Role) -> bool {
        self.secret_role != role.into_str()
    }
}

/// A row of `sessions`.
#[derive(Clone, Debug, FromRow)]
pub struct SessionRow {
    #[sqlx(flatten)]
    pub log_in: LogIn,
    /// What the application keeps in the session, as JSON.
    pub data: String,
    id_hash: String,
    rotated_at: Option<i64>,
    secret_used_at: Option<i64>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    /// When everyone was logged out, if that was after the session began.
    everyone_out_at: Option<i64>,
}

impl SessionRow {
    /// How the session ended, if it did.
    pub fn ended(&self, now_ms: i64) -> Option<Ended> {
        if let Some(at) = self.ended_at {
            let reason = self.end_reason.as_deref().and_then(|reason| reason.parse().ok());
            return Some(Ended { reason: reason.unwrap_or(EndReason::Expired), at });
        }
        let timed_out = timed_out(self.log_in.idle_expires_at, self.log_in.expires_at, now_ms);
        let with_all = self.everyone_out_at.map(|at| Ended { reason: EndReason::EveryoneLoggedOut, at });
        timed_out.into_iter().chain(with_all).min_by_key(|ended| ended.at)
    }

    /// How the secret with this hash, by which the row was found, stands to the session.
    pub fn secret(&self, id_hash: &str, now_ms: i64) -> CookieState {
        let Some(rotated_at) = self.rotated_at else { return CookieState::Current };
        let stored_at = rotated_at + STORED_AFTER_MS;
        match (id_hash == self.id_hash, self.secret_used_at) {
            (true, Some(used_at)) if used_at >= stored_at || now_ms < stored_at => CookieState::Current,
            (true, _) => CookieState::New,
            (false, _) if (now_ms - rotated_at).abs() < GRACE_MS => CookieState::InGrace,
            (false, Some(used_at)) if used_at >= stored_at => CookieState::Copied,
            (false, Some(_)) => CookieState::NotStored,
            (false, None) => CookieState::Lost,
        }
    }

    /// As lists show it.
    pub fn into_live(self) -> LiveSession {
        let LogIn { sid, user_agent, ip, created_at, last_seen_at, expires_at, remembered_at, .. } = self.log_in;
        let (device, remembered) = (device_words(&user_agent), remembered_at.is_some());
        LiveSession { sid, device, ip, created_at, last_seen_at, expires_at, remembered }
    }
}

fn lifetime_ms(config: &Config, remembered: bool) -> i64 {
    let hours = if remembered { config.remembered_lifetime_days * 24 } else { config.session_lifetime_hours };
    hours * 3_600_000
}

fn idle_ms(config: &Config, remembered: bool) -> i64 {
    let minutes = if remembered { config.remembered_idle_days * 24 * 60 } else { config.session_idle_minutes };
    minutes * 60_000
}

/// The reason for a row that is past its time but has no tombstone yet.
fn timed_out(idle_expires_at: i64, expires_at: i64, now_ms: i64) -> Option<Ended> {
    if now_ms >= expires_at {
        return Some(Ended { reason: EndReason::Expired, at: expires_at });
    }
    (now_ms >= idle_expires_at).then_some(Ended { reason: EndReason::Idle, at: idle_expires_at })
}
