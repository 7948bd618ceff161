//! The table `throttles`. Server side.

use super::count::{Count, Limits};
use crate::base::sql::{Change, Conn};

/// What a row counts.
pub const ACCOUNT: &str = "account";
pub const NETWORK: &str = "network";
/// An act of a logged-in user.
pub const ACT: &str = "act";

pub async fn read(db: impl Conn<'_>, key: &str) -> sqlx::Result<Option<Count>> {
    sqlx::query_as("select tries, last_at, free_at from throttles where key = $1").bind(key).fetch_optional(db).await
}

/// The row of this key, made when missing, and no one else's until the transaction ends: on PostgreSQL the row is
/// locked; SQLite has one writer anyway.
pub async fn lock(db: impl Conn<'_>, key: &str, counts: &str, now_ms: i64) -> sqlx::Result<Count> {
    let statement = "insert into throttles (key, tries, last_at, free_at, counts) values ($1, 0, $2, 0, $3) \
                     on conflict (key) do update set tries = throttles.tries, counts = excluded.counts \
                     returning tries, last_at, free_at";
    sqlx::query_as(statement).bind(key).bind(now_ms).bind(counts).fetch_one(db).await
}

pub async fn write(db: impl Conn<'_>, key: &str, count: &Count) -> sqlx::Result<()> {
    let statement = "update throttles set tries = $2, last_at = $3, free_at = $4 where key = $1";
    sqlx::query(statement).bind(key).bind(count.tries).bind(count.last_at).bind(count.free_at).run(db).await
}

/// Takes back the one try that made this count, and the wait that it brought, or that none is needed for any more.
/// Nothing once tries have been forgotten since: this one may be among them, and those of others must not go for it.
pub async fn give_back(db: impl Conn<'_>, key: &str, count: &Count, limits: &Limits) -> sqlx::Result<()> {
    let statement = "update throttles set tries = tries - 1, free_at = case when free_at = $2 or tries - 1 < $3 then 0 \
                     else free_at end where key = $1 and tries > 0 and last_at <= $4";
    sqlx::query(statement).bind(key).bind(count.free_at).bind(limits.free).bind(count.last_at).run(db).await
}

pub async fn forget(db: impl Conn<'_>, key: &str) -> sqlx::Result<()> {
    sqlx::query("delete from throttles where key = $1").bind(key).run(db).await
}

/// After a week every counted try is forgotten.
const KEEP_MS: i64 = 7 * 24 * 3_600_000;

/// Removes rows that have counted nothing since.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from throttles where last_at < $1 and free_at < $1").bind(now_ms - KEEP_MS).count(db).await
}
