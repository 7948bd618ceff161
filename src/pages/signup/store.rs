//! The table `setup_links`. Server side.

use sqlx::{Any, Executor};

pub async fn insert(
    db: impl Executor<'_, Database = Any>,
    token_hash: &str,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    let insert = "insert into setup_links (token_hash, expires_at) values ($1, $2)";
    sqlx::query(insert).bind(token_hash).bind(expires_at).execute(db).await.map(|_| ())
}

pub async fn is_live(
    db: impl Executor<'_, Database = Any>,
    token_hash: &str,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let count = "select count(*) from setup_links where token_hash = $1 and expires_at > $2";
    let (count,): (i64,) = sqlx::query_as(count).bind(token_hash).bind(now_ms).fetch_one(db).await?;
    Ok(count > 0)
}

/// Removes a link that is live; `false` when there is none.
pub async fn take(db: impl Executor<'_, Database = Any>, token_hash: &str, now_ms: i64) -> Result<bool, sqlx::Error> {
    let delete = "delete from setup_links where token_hash = $1 and expires_at > $2";
    Ok(sqlx::query(delete).bind(token_hash).bind(now_ms).execute(db).await?.rows_affected() == 1)
}

/// Removes those that were too old by then.
pub async fn delete_old(db: impl Executor<'_, Database = Any>, before_ms: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from setup_links where expires_at <= $1").bind(before_ms).execute(db).await.map(|_| ())
}
