//! A login that waits for its second factor: what the browser keeps of it. Server side.
//!
//! It is no session and opens nothing. No row is made of it either before it is used, so that it costs nothing to begin
//! one; the cookie is sealed with the secret key, and tells its holder nothing about the account.

pub mod store;

use serde::{Deserialize, Serialize};

use crate::{
    auth::users::{store as user_store, store::User},
    base::{db::Tx, error::AppError, random, sealed::SecretKey, state::AppState},
};

/// Long enough to find the phone.
pub const LIFETIME_MS: i64 = 10 * 60_000;

/// A cookie has 4096 bytes; a longer address to go on to is dropped.
const NEXT_BYTES_MAX: usize = 1_500;

const SEAL: &str = "log-in";

/// Who has given the right password, and what they want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfLogIn {
    /// Names it in its page, and when it is used up.
    pub id: String,
    pub user_id: String,
    pub remember: bool,
    /// Where to go afterwards; checked.
    pub next: String,
    /// What must be the same when the code comes.
    epoch: i64,
    password: String,
    /// When the password was given, in milliseconds since the epoch.
    at: i64,
}

impl HalfLogIn {
    /// Notes that this user has given the right password just now; returns it sealed, for the browser.
    pub fn begin(
        state: &AppState,
        key: &SecretKey,
        user: &User,
        remember: bool,
        next: &str,
    ) -> Result<String, AppError> {
        let half = Self {
            id: random::token()?,
            user_id: user.id.clone(),
            remember,
            next: if next.len() > NEXT_BYTES_MAX { "/dashboard".into() } else { next.into() },
            epoch: user.epoch,
            password: fingerprint(key, user),
            at: state.clock.now_ms(),
        };
        key.seal(SEAL, &serde_json::to_vec(&half)?).ok_or_else(AppError::internal)
    }

    /// The one that a browser brings along, if it is not too old.
    pub fn open(key: &SecretKey, sealed: &str, now_ms: i64) -> Option<Self> {
        let half: Self = serde_json::from_slice(&key.open(SEAL, sealed)?).ok()?;
        (half.at..half.at + LIFETIME_MS).contains(&now_ms).then_some(half)
    }

    /// The user, as long as it is not used up and nothing has happened since that would have refused the password, or
    /// logged them out.
    pub async fn user(&self, state: &AppState, key: &SecretKey) -> Result<User, AppError> {
        if store::is_used(&state.db.pool, &self.id).await? {
            return Err(AppError::LogInAgain);
        }
        let user = user_store::find_by_id(&state.db.pool, &self.user_id).await?;
        user.filter(|user| user.disabled_at.is_none())
            .filter(|user| user.epoch == self.epoch && fingerprint(key, user) == self.password)
            .ok_or(AppError::LogInAgain)
    }

    /// Makes it useless once the transaction is committed, and every copy of it. Of two that come at once, one gets
    /// through.
    pub async fn use_up(&self, tx: &mut Tx) -> Result<(), AppError> {
        let is_first = store::use_up(&mut **tx, &self.id, self.at + LIFETIME_MS).await?;
        if is_first { Ok(()) } else { Err(AppError::LogInAgain) }
    }
}

/// The same as long as the stored password is.
fn fingerprint(key: &SecretKey, user: &User) -> String {
    key.tag(&format!("password of {}: {}", user.id, user.password_hash))
}
