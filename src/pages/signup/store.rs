//! The table `setup_links`, and what a sign-up asks of users. Server side.

use crate::base::sql::{Change, Conn};

pub async fn insert(db: impl Conn<'_>, token_hash: &str, expires_at: i64) -> sqlx::Result<()> {
    let insert = "insert into setup_links (token_hash, expires_at) values ($1, $2)";
    sqlx::query(insert).bind(token_hash).bind(expires_at).run(db).await
}

pub async fn is_live(db: impl Conn<'_>, token_hash: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "select token_hash from setup_links where token_hash = $1 and expires_at > $2";
    sqlx::query(statement).bind(token_hash).bind(now_ms).finds(db).await
}

/// Removes a link that is live; `false` when there is none.
pub async fn take(db: impl Conn<'_>, token_hash: &str, now_ms: i64) -> sqlx::Result<bool> {
    let delete = "delete from setup_links where token_hash = $1 and expires_at > $2";
    sqlx::query(delete).bind(token_hash).bind(now_ms).hits(db).await
}

/// Removes those that were too old by then.
pub async fn delete_old(db: impl Conn<'_>, before_ms: i64) -> sqlx::Result<()> {
    sqlx::query("delete from setup_links where expires_at <= $1").bind(before_ms).run(db).await
}

/// Whether there is an administrator who can log in.
pub async fn admin_exists(db: impl Conn<'_>) -> sqlx::Result<bool> {
    let statement = "select id from users where role = 'admin' and deleted_at is null and disabled_at is null limit 1";
    sqlx::query(statement).finds(db).await
}

/// Lets no one into a new account before its address is confirmed.
pub async fn let_wait(db: impl Conn<'_>, id: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update users set waiting_since = $2 where id = $1";
    sqlx::query(statement).bind(id).bind(now_ms).run(db).await
}
