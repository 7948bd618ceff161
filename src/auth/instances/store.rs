//! The instances table. Server side.

use sqlx_macros::FromRow;

use crate::base::sql::{Change, Conn};

/// An instance, as others see it. Times are milliseconds since the epoch.
#[derive(Clone, Debug, Default, FromRow)]
pub struct InstanceRow {
    pub id: String,
    pub name: String,
    pub started_at: i64,
    pub seen_at: i64,
    /// Every revocation up to this number is in its memory.
    pub seq: i64,
    /// For how long the database had not answered its feed, at `seen_at`.
    pub feed_silent_ms: i64,
    /// Revocations of other processes that came in since the start, and how long the newest of them took.
    pub heard: i64,
    pub heard_p50_ms: i64,
    pub heard_p99_ms: i64,
    /// The same of those that it made itself.
    pub made: i64,
    pub made_p50_ms: i64,
    pub made_p99_ms: i64,
}

/// Writes that an instance is alive and what it knows. Call it with a number that is in memory already.
///
/// A number that the database has not given out is from another history (a restored backup): it confirms nothing.
pub async fn write(db: impl Conn<'_>, instance: &InstanceRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into instances (id, name, started_at, seen_at, seq, feed_silent_ms, heard, heard_p50_ms, \
         heard_p99_ms, made, made_p50_ms, made_p99_ms) values ($1, $2, $3, $4, \
         case when $5 <= (select seq from revocation_clock where id = 1) then $5 else -1 end, \
         $6, $7, $8, $9, $10, $11, $12) \
         on conflict (id) do update set seen_at = excluded.seen_at, seq = excluded.seq, \
         feed_silent_ms = excluded.feed_silent_ms, heard = excluded.heard, heard_p50_ms = excluded.heard_p50_ms, \
         heard_p99_ms = excluded.heard_p99_ms, made = excluded.made, made_p50_ms = excluded.made_p50_ms, \
         made_p99_ms = excluded.made_p99_ms",
    )
    .bind(&instance.id)
    .bind(&instance.name)
    .bind(instance.started_at)
    .bind(instance.seen_at)
    .bind(instance.seq)
    .bind(instance.feed_silent_ms)
    .bind(instance.heard)
    .bind(instance.heard_p50_ms)
    .bind(instance.heard_p99_ms)
    .bind(instance.made)
    .bind(instance.made_p50_ms)
    .bind(instance.made_p99_ms)
    .run(db)
    .await
}

/// Every instance that was seen since.
pub async fn seen_since(db: impl Conn<'_>, since_ms: i64) -> sqlx::Result<Vec<InstanceRow>> {
    let statement = "select id, name, started_at, seen_at, seq, feed_silent_ms, heard, heard_p50_ms, heard_p99_ms, \
                     made, made_p50_ms, made_p99_ms from instances where seen_at > $1 order by name, id";
    sqlx::query_as(statement).bind(since_ms).fetch_all(db).await
}

pub async fn delete(db: impl Conn<'_>, id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from instances where id = $1").bind(id).run(db).await
}

/// Removes the rows of processes that ended without a word, a day later.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from instances where seen_at < $1").bind(now_ms - 24 * 3_600_000).count(db).await
}
