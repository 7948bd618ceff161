//! The signing keys table. Server side.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sqlx_macros::FromRow;

use super::{KeyPurpose, algorithm};
use crate::base::sql::{Change, Conn};

/// A row of `signing_keys`. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeyRow {
    pub kid: String,
    pub algorithm: String,
    pub purpose: String,
    pub public_key: String,
    /// Empty when the key is not to be loaded any more.
    pub private_key_sealed: String,
    pub created_at: i64,
    pub signs_from: i64,
    #[sqlx(rename = "killed_at")]
    pub revoked_at: Option<i64>,
    #[sqlx(rename = "kill_reason")]
    pub revoke_reason: String,
}

impl KeyRow {
    /// One that this version doesn't know verifies no access token.
    pub fn purpose(&self) -> KeyPurpose {
        self.purpose.parse().unwrap_or(KeyPurpose::IdTokens)
    }

    /// Whether it is an RSA key from when smaller ones were thought good enough.
    pub fn is_too_small(&self) -> bool {
        let public = BASE64_URL_SAFE_NO_PAD.decode(&self.public_key).unwrap_or_default();
        self.algorithm.parse().is_ok_and(|algorithm| algorithm::is_too_small(algorithm, &public))
    }
}

/// Every key, in the order in which they sign.
pub async fn all(db: impl Conn<'_>) -> sqlx::Result<Vec<KeyRow>> {
    let statement = "select kid, algorithm, purpose, public_key, private_key_sealed, created_at, signs_from, \
                     killed_at, kill_reason from signing_keys order by signs_from, created_at, kid";
    sqlx::query_as(statement).fetch_all(db).await
}

pub async fn insert(db: impl Conn<'_>, row: &KeyRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into signing_keys (kid, algorithm, public_key, private_key_sealed, created_at, signs_from, purpose) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&row.kid)
    .bind(&row.algorithm)
    .bind(&row.public_key)
    .bind(&row.private_key_sealed)
    .bind(row.created_at)
    .bind(row.signs_from)
    .bind(&row.purpose)
    .run(db)
    .await
}

/// Lets a key that waits for its turn sign from `now_ms` on.
pub async fn promote(db: impl Conn<'_>, kid: &str, now_ms: i64) -> sqlx::Result<()> {
    sqlx::query("update signing_keys set signs_from = $1 where kid = $2").bind(now_ms).bind(kid).run(db).await
}

/// Marks a key as revoked and forgets its private half.
pub async fn revoke(db: impl Conn<'_>, kid: &str, reason: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update signing_keys set killed_at = $1, kill_reason = $2, private_key_sealed = '' where kid = $3";
    sqlx::query(statement).bind(now_ms).bind(reason).bind(kid).run(db).await
}

/// Forgets the private half of a dead key.
pub async fn wipe(db: impl Conn<'_>, kid: &str) -> sqlx::Result<()> {
    sqlx::query("update signing_keys set private_key_sealed = '' where kid = $1").bind(kid).run(db).await
}

pub async fn delete(db: impl Conn<'_>, kid: &str) -> sqlx::Result<()> {
    sqlx::query("delete from signing_keys where kid = $1").bind(kid).run(db).await
}
