//! What the pages of administration show. Who may see it is the first argument. Server side; reads only.

use super::{KeysPage, UserDetails, UserRow};
use crate::{
    error::AppError,
    sessions::{self, guard::Overseer},
    state::AppState,
    tokens::{KeyInfo, KeyState, keys::Keys},
    users::store::{self, User},
};

/// One person and their live sessions.
///
/// # Errors
/// [`AppError::NotFound`], or when the database cannot be read.
pub async fn user(Overseer(reader): &Overseer, state: &AppState, id: &str) -> Result<UserDetails, AppError> {
    let user = store::find_by_id(&state.db.pool, id).await?.ok_or(AppError::NotFound)?;
    let live = sessions::store::live_of(&state.db.pool, id, state.clock.now_ms()).await?;
    Ok(UserDetails {
        is_self: user.id == reader.user.id,
        user: user.into(),
        sessions: live.into_iter().map(sessions::store::Row::into_live).collect(),
    })
}

/// Every signing key that the database knows.
///
/// # Errors
/// When the database cannot be read.
pub async fn keys(_: &Overseer, state: &AppState) -> Result<KeysPage, AppError> {
    let keys = Keys::list(state).await?;
    let signing = keys.iter().find(|key| key.state == KeyState::Signing);
    Ok(KeysPage {
        signing_since_ms: signing.map_or(0, |key| state.clock.now_ms() - key.signs_from),
        keys,
        algorithm: state.config.token_algorithm.as_text().to_owned(),
        lead_seconds: state.config.key_lead_seconds,
    })
}

/// One signing key.
///
/// # Errors
/// [`AppError::NotFound`], or when the database cannot be read.
pub async fn key(_: &Overseer, state: &AppState, kid: &str) -> Result<KeyInfo, AppError> {
    Keys::list(state).await?.into_iter().find(|key| key.kid == kid).ok_or(AppError::NotFound)
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        let role = user.role();
        let User { id, email, name, disabled_at, created_at, .. } = user;
        Self { id, email, name, role, disabled: disabled_at.is_some(), created_at }
    }
}
