//! Secrets and keys of an application: one more, one less. Server side.

use super::{assertion::PublicKey, by::By, store, store::SecretRow};
use crate::{
    auth::event::Kind,
    base::{DAY_MS, db::Tx, error::AppError, random, state::AppState},
};

/// At a time, for a rotation in which both work.
const SECRETS_MAX: usize = 2;
const PREFIX_CHARS: usize = 10;
/// Of a secret that expires, at most.
pub const SECRET_DAYS_MAX: i64 = 3_650;

/// What an application shows who it is with.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// It works for so many days, or until it's removed.
    Secret {
        days: Option<i64>,
    },
    Key(&'a PublicKey),
}

/// How long a secret is to work, as a form says it; empty: until it's removed. No form sends anything else.
pub fn parse_days(text: &str) -> Result<Option<i64>, AppError> {
    let days = |text: &str| text.parse().ok().filter(|days| (1..=SECRET_DAYS_MAX).contains(days));
    if text.is_empty() { Ok(None) } else { days(text).map(Some).ok_or(AppError::BadRequest) }
}

/// The secret, if it is one.
pub async fn insert(tx: &mut Tx, id: &str, new: Credential<'_>, now_ms: i64) -> Result<Option<String>, AppError> {
    let (secret, prefix, days, public_key) = match new {
        Credential::Key(key) => (None, key.thumbprint.clone(), None, Some(key.jwk.clone())),
        Credential::Secret { days } => {
            let secret = format!("lks_{}", random::token()?);
            let prefix = secret.chars().take(PREFIX_CHARS).collect();
            (Some(secret), prefix, days, None)
        }
    };
    let hash = random::hash(&secret.clone().unwrap_or_else(|| format!("{id} {prefix}")));
    let expires_at = days.map(|days| now_ms + days * DAY_MS);
    let row = SecretRow { prefix, created_at: now_ms, expires_at, public_key };
    store::insert_secret(&mut **tx, id, &hash, &row).await?;
    Ok(secret)
}

/// A second secret or key, for the time until the first is removed; the secret, if it is one. A key that is there already
/// changes nothing.
pub async fn add(state: &AppState, by: By<'_>, id: &str, new: Credential<'_>) -> Result<Option<String>, AppError> {
    let (mut tx, client) = by.begin(state, id).await?;
    if !client.kind.has_secret() {
        return Err(AppError::NotFound);
    }
    let there = store::secrets_of(&mut *tx, id).await?;
    if let Credential::Key(key) = new
        && there.iter().any(|row| row.prefix == key.thumbprint)
    {
        return Ok(None);
    }
    if there.len() >= SECRETS_MAX {
        return Err(AppError::TooManySecrets);
    }
    let now_ms = state.clock.now_ms();
    let secret = insert(&mut tx, id, new, now_ms).await?;
    by.note_app(&mut tx, Kind::AppSecretCreated, &client, now_ms).await?;
    tx.commit().await?;
    Ok(secret)
}

pub async fn remove_secret(state: &AppState, by: By<'_>, id: &str, prefix: &str) -> Result<(), AppError> {
    let (mut tx, client) = by.begin(state, id).await?;
    if !store::delete_secret(&mut *tx, id, prefix).await? {
        return Err(AppError::NotFound);
    }
    by.note_app(&mut tx, Kind::AppSecretRemoved, &client, state.clock.now_ms()).await?;
    Ok(tx.commit().await?)
}

/// What a new secret is called, sealed for the page that shows it in this session.
pub fn secret_name(sid: &str) -> String {
    format!("secret of an application for {sid}")
}
