//! What a session holds, and how it begins and gets a new secret. Server side.

use aws_lc_rs::{digest, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Ended, store};
use crate::{
    auth::{
        revocations::EndReason,
        users::{Role, store::User},
    },
    base::{caller::Caller, config::Config, db::Tx, error::AppError, state::AppState},
};

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
    /// The last proof of identity.
    pub authenticated_at: i64,
    pub last_seen_at: i64,
    pub idle_expires_at: i64,
    pub expires_at: i64,
    /// When "remember me" was chosen, if it was.
    pub remembered_at: Option<i64>,
    /// The role that the secret was given for.
    pub secret_role: String,
    /// The epoch of everybody that the session began in: when that is raised, it is over.
    pub global_epoch: i64,
}

/// How the secret in a cookie stands to the session that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CookieState {
    /// The one that counts.
    Current,
    /// The one that counts, and its use is not written down yet: the first one, and the first after [`STORED_AFTER_MS`].
    New,
    /// The one before, within [`GRACE_MS`]: a request that was under way. It reads, and changes nothing.
    InGrace,
    /// The one before, although the browser has the new one on its disk: somebody holds a copy.
    Copied,
    /// The one before, and the new one was used only while the browser may not have stored it: it was killed and came
    /// back with its cookies of before, or somebody holds a copy.
    NotStored,
    /// The one before, and nobody has ever used the new one: it was lost on its way, and nobody holds it.
    Lost,
}

/// After a rotation, requests that are under way with the secret before are answered for so long, in milliseconds.
pub const GRACE_MS: i64 = 10_000;

/// A browser that still runs so many milliseconds after a rotation has the new secret on its disk: Chromium writes its
/// cookies every 30 s, other browsers sooner.
pub const STORED_AFTER_MS: i64 = 60_000;

impl LogIn {
    pub fn new(user: &User, remember: bool, caller: &Caller, global_epoch: i64, state: &AppState) -> Self {
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
            last_seen_at: now_ms,
            idle_expires_at: (now_ms + idle_ms(config, remember)).min(expires_at),
            expires_at,
            remembered_at,
            secret_role: user.role().into_str().to_owned(),
            global_epoch,
        }
    }

    /// When the session goes idle if it is used now.
    pub fn idle_end(&self, config: &Config, now_ms: i64) -> i64 {
        (now_ms + idle_ms(config, self.remembered_at.is_some())).min(self.expires_at)
    }

    /// A use of the session is written down at most this often, in milliseconds: reading pages should not cost a write
    /// each, and who works all the time must not go idle in between.
    pub fn touch_every_ms(&self, config: &Config) -> i64 {
        (idle_ms(config, self.remembered_at.is_some()) / 4).min(60_000)
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

fn lifetime_ms(config: &Config, remembered: bool) -> i64 {
    let hours = if remembered { config.remembered_lifetime_days * 24 } else { config.session_lifetime_hours };
    hours * 3_600_000
}

fn idle_ms(config: &Config, remembered: bool) -> i64 {
    let minutes = if remembered { config.remembered_idle_days * 24 * 60 } else { config.session_idle_minutes };
    minutes * 60_000
}

/// What the browser is to keep in the place of what it has: the secret of a session, and the session that it is of.
pub struct NewSecret {
    pub log_in: LogIn,
    pub secret: String,
}

impl NewSecret {
    pub fn hash(&self) -> String {
        hash(&self.secret)
    }
}

/// Writes a new session down, under a new secret, to avoid fixation attacks (ASVS 7.2.4). Give it to the browser after the commit and not before: no cookie leaves for a session that is not there.
pub async fn begin(
    tx: &mut Tx,
    state: &AppState,
    user: &User,
    remember: bool,
    caller: &Caller,
) -> Result<NewSecret, AppError> {
    // Raised after this, it ends the session before it has begun.
    let global_epoch = store::global_epoch(&mut **tx).await?;
    let log_in = LogIn::new(user, remember, caller, global_epoch, state);
    let new = NewSecret { log_in, secret: new_secret()? };
    store::insert(&mut **tx, &new.hash(), &new.log_in, "{}").await?;
    Ok(new)
}

/// Puts a new secret in the place of the one with this hash; the session lives on under its sid, as `log_in` says. `None`
/// when another request has done so at this moment, or the session has ended.
pub async fn rotate(state: &AppState, before: &str, log_in: LogIn) -> Result<Option<NewSecret>, AppError> {
    let new = NewSecret { log_in, secret: new_secret()? };
    let done = store::rotate(&state.db.pool, before, &new.hash(), &new.log_in, state.clock.now_ms()).await?;
    Ok(done.then_some(new))
}

/// What is stored in place of the secret (a look-up by hash also leaks no timing, CVE-2019-16782).
pub fn hash(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

/// 128 random bits, written as tower-sessions reads them.
fn new_secret() -> Result<String, AppError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| AppError::internal())?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// The reason for a row that is past its time but has no tombstone yet.
pub fn timed_out(idle_expires_at: i64, expires_at: i64, now_ms: i64) -> Option<Ended> {
    if now_ms >= expires_at {
        return Some(Ended { reason: EndReason::Expired, at: expires_at });
    }
    (now_ms >= idle_expires_at).then_some(Ended { reason: EndReason::Idle, at: idle_expires_at })
}
