//! The instances table. Server side.

use sqlx::{Any, Executor, FromRow};

/// An instance, as others see it.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    pub id: String,
    pub name: String,
    /// Every revocation up to this number is in its memory.
    pub seq: i64,
}

/// Writes that an instance is alive and what it knows. Call it with a number that is in memory already.
///
/// A number that the database has not given out is from another history (a restored backup): it confirms nothing.
///
/// # Errors
/// When the database does not take it.
pub async fn write(
    db: impl Executor<'_, Database = Any>,
    instance: &Row,
    started_at: i64,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into instances (id, name, started_at, seen_at, seq) values ($1, $2, $3, $4, \
         case when $5 <= (select seq from revocation_clock where id = 1) then $5 else -1 end) \
         on conflict (id) do update set seen_at = excluded.seen_at, seq = excluded.seq",
    )
    .bind(&instance.id)
    .bind(&instance.name)
    .bind(started_at)
    .bind(now_ms)
    .bind(instance.seq)
    .execute(db)
    .await
    .map(|_| ())
}

/// Every instance that was seen since.
///
/// # Errors
/// When the database cannot be read.
pub async fn seen_since(db: impl Executor<'_, Database = Any>, since_ms: i64) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as("select id, name, seq from instances where seen_at > $1 order by name, id")
        .bind(since_ms)
        .fetch_all(db)
        .await
}

/// # Errors
/// When the database does not take it.
pub async fn delete(db: impl Executor<'_, Database = Any>, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from instances where id = $1").bind(id).execute(db).await.map(|_| ())
}

/// Removes the rows of processes that ended without a word.
///
/// # Errors
/// When the database does not take it.
pub async fn delete_old(db: impl Executor<'_, Database = Any>, seen_before_ms: i64) -> Result<u64, sqlx::Error> {
    let result = sqlx::query("delete from instances where seen_at < $1").bind(seen_before_ms).execute(db).await?;
    Ok(result.rows_affected())
}
