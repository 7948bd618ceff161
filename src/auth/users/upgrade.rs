//! A stronger hash after the right password. Server side.

use super::{store, store::User};
use crate::{
    base::{caller::Caller, error::AppError, state::AppState},
    passwords::{hash::Passwords, typed::Password},
};

/// Hashes the password anew when the settings have risen since it was set (ASVS 11.4.2). Only a login can do that: the
/// password is known at no other time. Whatever goes wrong waits for the next one. Returns the hash that is stored now.
pub async fn upgrade_hash(
    state: &AppState,
    passwords: &Passwords,
    from: &Caller,
    user: &User,
    password: Password,
) -> String {
    if !passwords.is_weaker(&user.password_hash) {
        return user.password_hash.clone();
    }
    match store_stronger(state, passwords, from, user, password).await {
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
    from: &Caller,
    user: &User,
    password: Password,
) -> Result<Option<String>, AppError> {
    let hash = passwords.hash_stronger(from, password.clone(), user.password_hash.clone()).await?;
    if store::replace_hash(&state.db.pool, &user.id, &user.password_hash, &hash).await? {
        return Ok(Some(hash));
    }
    // Another login of the same person may have been quicker: then the password is right for what it has stored.
    let Some(User { password_hash, .. }) = store::find_by_id(&state.db.pool, &user.id).await? else { return Ok(None) };
    let right = passwords.verify(from, password, Some(password_hash.clone())).await?;
    Ok(right.then_some(password_hash))
}
