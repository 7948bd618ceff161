//! The table `links`. Server side.

use super::{Link, Purpose};
use crate::base::sql::{Change, Conn};

pub async fn insert(
    db: impl Conn<'_>,
    token_hash: &str,
    purpose: Purpose,
    link: &Link,
    now_ms: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into links (token_hash, purpose, user_id, email, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token_hash)
    .bind(purpose.into_str())
    .bind(&link.user_id)
    .bind(&link.email)
    .bind(now_ms)
    .bind(now_ms + purpose.lifetime_ms())
    .run(db)
    .await
}

pub async fn find(db: impl Conn<'_>, token_hash: &str, purpose: Purpose, now_ms: i64) -> sqlx::Result<Option<Link>> {
    let statement = "select user_id, email from links \
                     where token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3";
    sqlx::query_as(statement).bind(token_hash).bind(purpose.into_str()).bind(now_ms).fetch_optional(db).await
}

pub async fn use_up(db: impl Conn<'_>, token_hash: &str, purpose: Purpose, now_ms: i64) -> sqlx::Result<Option<Link>> {
    let statement = "update links set used_at = $3 where token_hash = $1 and purpose = $2 and used_at is null and \
                     expires_at > $3 returning user_id, email";
    sqlx::query_as(statement).bind(token_hash).bind(purpose.into_str()).bind(now_ms).fetch_optional(db).await
}

/// Makes every live link of a user for this purpose useless.
pub async fn kill(db: impl Conn<'_>, user_id: &str, purpose: Purpose, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update links set used_at = $3 where user_id = $1 and purpose = $2 and used_at is null";
    sqlx::query(statement).bind(user_id).bind(purpose.into_str()).bind(now_ms).run(db).await
}

/// When the first "this was not me" link went to this address of a user.
pub async fn first_denial(db: impl Conn<'_>, user_id: &str, email: &str) -> sqlx::Result<i64> {
    let statement =
        "select coalesce(min(created_at), 0) from links where user_id = $1 and email = $2 and purpose = 'not_me'";
    sqlx::query_scalar(statement).bind(user_id).bind(email).fetch_one(db).await
}

/// Makes "this was not me" links useless that went to addresses to none of which one had gone before `since`.
pub async fn kill_denials(db: impl Conn<'_>, user_id: &str, since: i64, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update links set used_at = $3 where user_id = $1 and purpose = 'not_me' and used_at is null and $2 <= \
                     (select min(created_at) from links as sent where sent.user_id = $1 and sent.purpose = 'not_me' and \
                     sent.email = links.email)";
    sqlx::query(statement).bind(user_id).bind(since).bind(now_ms).run(db).await
}

pub async fn forget_email_change(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from email_changes where user_id = $1").bind(user_id).run(db).await
}

/// Removes links that died of age a month ago.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from links where expires_at < $1").bind(now_ms - 30 * 24 * 3_600_000).count(db).await
}
