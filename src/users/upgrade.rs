//! A stronger hash for who has just given the right password. Server side.

use super::{
    credentials::Password,
    password::Passwords,
    store::{self, User},
};
use crate::{error::AppError, state::AppState};

/// Hashes the password anew when the settings have risen since it was set (ASVS 11.4.2). Only a log-in can do that: the
/// password is known at no other time. Whatever goes wrong waits for the next one.
pub async fn upgrade_hash(state: &AppState, passwords: &Passwords, user: &User, password: Password) {
    if !passwords.is_weaker(&user.password_hash) {
        return;
    }
    match store_stronger(state, passwords, user, password).await {
        Ok(true) => tracing::info!(user = user.id, "the password is hashed with the settings of today"),
        Ok(false) => {}
        Err(error) => tracing::warn!(user = user.id, ?error, "the password keeps its weaker hash for now"),
    }
}

/// `false` when the password was changed meanwhile.
async fn store_stronger(
    state: &AppState,
    passwords: &Passwords,
    user: &User,
    password: Password,
) -> Result<bool, AppError> {
    let hash = passwords.hash_stronger(password, user.password_hash.clone()).await?;
    Ok(store::replace_hash(&state.db.pool, &user.id, &user.password_hash, &hash).await?)
}
