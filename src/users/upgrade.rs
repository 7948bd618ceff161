//! A stronger hash for who has just given the right password. Server side.

use super::{
    credentials::Password,
    password::Passwords,
    store::{self, User},
};
use crate::{error::AppError, state::AppState};

/// Hashes the password anew when the settings have risen since it was set (ASVS 11.4.2). Only a log-in can do that: the
/// password is known at no other time. Whatever goes wrong waits for the next one. Returns the hash that is stored now.
pub async fn upgrade_hash(state: &AppState, passwords: &Passwords, user: &User, password: Password) -> String {
    if !passwords.is_weaker(&user.password_hash) {
        return user.password_hash.clone();
    }
    match store_stronger(state, passwords, user, password).await {
        Ok(Some(hash)) => {
            tracing::info!(user = user.id, "the password is hashed with the settings of today");
            return hash;
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(user = user.id, ?error, "the password keeps its weaker hash for now"),
    }
    user.password_hash.clone()
}

/// `None` when the password was changed meanwhile.
async fn store_stronger(
    state: &AppState,
    passwords: &Passwords,
    user: &User,
    password: Password,
) -> Result<Option<String>, AppError> {
    let hash = passwords.hash_stronger(password, user.password_hash.clone()).await?;
    let stored = store::replace_hash(&state.db.pool, &user.id, &user.password_hash, &hash).await?;
    Ok(stored.then_some(hash))
}
