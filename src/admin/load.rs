//! What the pages of administration show. Who may see it is the first argument. Server side; reads only.

use super::KeysPage;
use crate::{
    error::AppError,
    sessions::guard::Overseer,
    state::AppState,
    tokens::{KeyInfo, KeyState, keys::Keys},
};

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
        algorithm: state.config.token_algorithm.into_str().to_owned(),
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
