//! The secret of a session: how it begins with one, and gets another. Server side.

use super::{session::LogIn, store, terminate::Terminator};
use crate::{
    auth::users::store::User,
    base::{caller::Caller, db::Tx, error::AppError, random, state::AppState},
};

/// 128 random bits, written as tower-sessions reads them.
pub const SECRET_BYTES: usize = 16;

/// What the browser is to keep in the place of what it has: the secret of a session, and the session that it is of.
pub struct NewSecret {
    pub log_in: LogIn,
    pub secret: String,
}

impl NewSecret {
    pub fn hash(&self) -> String {
        random::hash(&self.secret)
    }
}

/// Writes a new session down, under a new secret, to avoid fixation attacks (ASVS 7.2.4). Set the cookie only after the
/// commit: before, there is no session yet.
pub async fn begin(
    tx: &mut Tx,
    state: &AppState,
    user: &User,
    remember: bool,
    caller: &Caller,
    amr: &str,
) -> Result<NewSecret, AppError> {
    // Raised after this, it ends the session before it has begun.
    let global_epoch = store::global_epoch(&mut **tx).await?;
    let log_in = LogIn::new(user, remember, caller, global_epoch, amr, state);
    let new = NewSecret { log_in, secret: random::text::<SECRET_BYTES>()? };
    store::insert(&mut **tx, &new.hash(), &new.log_in, "{}").await?;
    Ok(new)
}

/// Puts a new secret in the place of the one with this hash; the session lives on under its sid, as `log_in` says. `None`
/// when another request has done so at this moment, or the session has ended.
pub async fn rotate(at: &Terminator, before: &str, log_in: LogIn) -> Result<Option<NewSecret>, AppError> {
    let new = NewSecret { log_in, secret: random::text::<SECRET_BYTES>()? };
    let mut tx = at.state.db.begin_write().await?;
    if !store::rotate(&mut *tx, before, &new.hash(), &new.log_in, at.state.clock.now_ms()).await? {
        return Ok(None);
    }
    at.revocations.commit_change(tx, &new.log_in.user_id).await?;
    Ok(Some(new))
}
