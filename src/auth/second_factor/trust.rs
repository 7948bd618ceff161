//! Devices that are asked for no code: where the person said so, with the password and a code, for some days. Server side.

use super::{TrustedDevice, store};
use crate::{
    auth::known_devices::Device,
    base::{caller::device_words, db::Tx, error::AppError, state::AppState},
};

/// Whether login asks no code of this browser.
pub async fn is_trusted(state: &AppState, user_id: &str, here: Option<&Device>) -> Result<bool, AppError> {
    let Some(hash) = here.map(Device::hash) else { return Ok(false) };
    let trusted = rows(state, user_id).await?;
    Ok(trusted.iter().any(|row| row.device_hash == hash))
}

/// The trusted devices of a user, the last used first.
pub async fn list(state: &AppState, user_id: &str, here: Option<&Device>) -> Result<Vec<TrustedDevice>, AppError> {
    let hash = here.map(Device::hash);
    let trusted = rows(state, user_id).await?.into_iter().map(|row| TrustedDevice {
        id: row.public_id,
        device: device_words(&row.user_agent),
        ip: row.ip,
        last_seen_at: row.last_seen_at,
        trusted_until: row.trusted_until,
        here: Some(&row.device_hash) == hash.as_ref(),
    });
    Ok(trusted.collect())
}

/// The setting is asked each time: who sets it to nothing means the devices that are trusted already, too.
async fn rows(state: &AppState, user_id: &str) -> Result<Vec<store::TrustedRow>, AppError> {
    if state.config.trusted_device_days == 0 {
        return Ok(Vec::new());
    }
    Ok(store::trusted_of(&state.db.pool, user_id, state.clock.now_ms()).await?)
}

/// Trusts a browser that the account knows, from now on.
pub async fn trust(tx: &mut Tx, state: &AppState, user_id: &str, device_hash: &str) -> Result<(), AppError> {
    let until = state.clock.now_ms() + state.config.trusted_device_days * 24 * 3_600_000;
    Ok(store::trust(&mut **tx, device_hash, user_id, until).await?)
}
