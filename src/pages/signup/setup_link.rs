//! The link that makes the first administrator: new at each start and for each that asks on the command line, good once,
//! for an hour. The database has only its hash, so every instance knows it. Server side.

use super::store;
use crate::{
    auth::links,
    base::{error::AppError, random, state::AppState},
    web::link_cookie::{SETUP, SETUP_LIFETIME_MS},
};

/// Makes one and returns its address; `None` where there is an administrator already, who makes the others.
pub async fn make(state: &AppState) -> Result<Option<String>, AppError> {
    if store::admin_exists(&state.db.pool).await? {
        return Ok(None);
    }
    let (token, now_ms) = (random::token()?, state.clock.now_ms());
    store::delete_old(&state.db.pool, now_ms).await?;
    store::insert(&state.db.pool, &random::hash(&token), now_ms + SETUP_LIFETIME_MS).await?;
    Ok(Some(format!("{}{SETUP}?token={token}", state.config.issuer())))
}

/// What the page of an opened link shows: its [name](links::name_of). Uses nothing up.
///
/// # Errors
/// [`AppError::SetupRefused`] when it is wrong, used or too old, or an administrator exists.
pub async fn open(state: &AppState, token: Option<&str>) -> Result<String, AppError> {
    let token = token.ok_or(AppError::SetupRefused)?;
    let is_live = store::is_live(&state.db.pool, &random::hash(token), state.clock.now_ms()).await?;
    let is_open = is_live && !store::admin_exists(&state.db.pool).await?;
    if is_open { Ok(links::name_of(token)) } else { Err(AppError::SetupRefused) }
}
