//! The table `throttles`. Server side.

use sqlx::{Any, Executor};

use super::count::{Count, Limits};

/// What a row counts.
pub const ACCOUNT: &str = "account";
pub const NETWORK: &str = "network";
/// What somebody does who has proven who they are.
pub const ACT: &str = "act";

pub async fn read(db: impl Executor<'_, Database = Any>, key: &str) -> Result<Option<Count>, sqlx::Error> {
    sqlx::query_as("select tries, last_at, free_at from throttles where key = $1").bind(key).fetch_optional(db).await
}

/// The row of this key, made when missing, and nobody else's until the transaction ends: on PostgreSQL the row is
/// locked; SQLite has one writer anyway.
pub async fn lock(
    db: impl Executor<'_, Database = Any>,
    key: &str,
    counts: &str,
    now_ms: i64,
) -> Result<Count, sqlx::Error> {
    sqlx::query_as(
        "insert into throttles (key, tries, last_at, free_at, counts) values ($1, 0, $2, 0, $3) \
         on conflict (key) do update set tries = throttles.tries, counts = excluded.counts \
         returning tries, last_at, free_at",
    )
    .bind(key)
    .bind(now_ms)
    .bind(counts)
    .fetch_one(db)
    .await
}

pub async fn write(db: impl Executor<'_, Database = Any>, key: &str, count: &Count) -> Result<(), sqlx::Error> {
    sqlx::query("update throttles set tries = $2, last_at = $3, free_at = $4 where key = $1")
        .bind(key)
        .bind(count.tries)
        .bind(count.last_at)
        .bind(count.free_at)
        .execute(db)
        .await
        .map(|_| ())
}

/// Takes back the one try that made this count, and the wait that it brought, or that none is needed for any more.
/// Nothing once tries have been forgotten since: this one may be among them, and those of others must not go for it.
pub async fn give_back(
    db: impl Executor<'_, Database = Any>,
    key: &str,
    count: &Count,
    limits: &Limits,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update throttles set tries = tries - 1, \
         free_at = case when free_at = $2 or tries - 1 < $3 then 0 else free_at end \
         where key = $1 and tries > 0 and last_at <= $4",
    )
    .bind(key)
    .bind(count.free_at)
    .bind(limits.free)
    .bind(count.last_at)
    .execute(db)
    .await
    .map(|_| ())
}

pub async fn forget(db: impl Executor<'_, Database = Any>, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from throttles where key = $1").bind(key).execute(db).await.map(|_| ())
}

/// After a week every counted try is forgotten.
const KEEP_MS: i64 = 7 * 24 * 3_600_000;

/// Removes rows that have counted nothing since.
pub async fn delete_old(db: impl Executor<'_, Database = Any>, now_ms: i64) -> Result<u64, sqlx::Error> {
    let result = sqlx::query("delete from throttles where last_at < $1 and free_at < $1")
        .bind(now_ms - KEEP_MS)
        .execute(db)
        .await?;
    Ok(result.rows_affected())
}
