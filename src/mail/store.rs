//! The tables `outbox` and `links`. Server side.

use sqlx::{Any, Executor};
use uuid::Uuid;

use super::{
    Mail, To,
    links::{Link, Purpose},
};
use crate::error::AppError;

/// Writes down a mail to be sent. Pass the transaction of the act that it tells of: both happen, or neither.
///
/// # Errors
/// When the database does not take it.
pub async fn queue(
    db: impl Executor<'_, Database = Any>,
    to: To<'_>,
    mail: &Mail,
    now_ms: i64,
) -> Result<(), AppError> {
    sqlx::query(
        "insert into outbox (id, email, user_id, mail, created_at, due_at, attempts) \
         values ($1, $2, $3, $4, $5, $5, 0)",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(to.email)
    .bind(to.user_id)
    .bind(serde_json::to_string(mail)?)
    .bind(now_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// # Errors
/// When the database does not take it.
pub async fn insert_link(
    db: impl Executor<'_, Database = Any>,
    token_hash: &str,
    purpose: Purpose,
    link: &Link,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into links (token_hash, purpose, user_id, email, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token_hash)
    .bind(purpose.as_text())
    .bind(&link.user_id)
    .bind(&link.email)
    .bind(now_ms)
    .bind(now_ms + purpose.lifetime_ms())
    .execute(db)
    .await
    .map(|_| ())
}

/// # Errors
/// When the database cannot be read.
pub async fn find_link(
    db: impl Executor<'_, Database = Any>,
    token_hash: &str,
    purpose: Purpose,
    now_ms: i64,
) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as(
        "select user_id, email from links \
         where token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3",
    )
    .bind(token_hash)
    .bind(purpose.as_text())
    .bind(now_ms)
    .fetch_optional(db)
    .await
}

/// # Errors
/// When the database does not take it.
pub async fn use_link(
    db: impl Executor<'_, Database = Any>,
    token_hash: &str,
    purpose: Purpose,
    now_ms: i64,
) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as(
        "update links set used_at = $3 \
         where token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3 returning user_id, email",
    )
    .bind(token_hash)
    .bind(purpose.as_text())
    .bind(now_ms)
    .fetch_optional(db)
    .await
}

/// Makes every live link of a user for this purpose useless.
///
/// # Errors
/// When the database does not take it.
pub async fn kill_links(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    purpose: Purpose,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("update links set used_at = $3 where user_id = $1 and purpose = $2 and used_at is null")
        .bind(user_id)
        .bind(purpose.as_text())
        .bind(now_ms)
        .execute(db)
        .await
        .map(|_| ())
}
