//! The table `used_half_log_ins`. Server side.

use sqlx::{Any, Executor};

/// Notes that the half log-in of this id is used up; `false` when it was before. The row is of no use after `expires_at`.
pub async fn use_up(db: impl Executor<'_, Database = Any>, id: &str, expires_at: i64) -> Result<bool, sqlx::Error> {
    let insert = "insert into used_half_log_ins (id, expires_at) values ($1, $2) on conflict (id) do nothing";
    let result = sqlx::query(insert).bind(id).bind(expires_at).execute(db).await?;
    Ok(result.rows_affected() == 1)
}

pub async fn is_used(db: impl Executor<'_, Database = Any>, id: &str) -> Result<bool, sqlx::Error> {
    let (count,): (i64,) =
        sqlx::query_as("select count(*) from used_half_log_ins where id = $1").bind(id).fetch_one(db).await?;
    Ok(count > 0)
}

/// Removes those that died of age a day ago: a clock that went back makes none of them work again.
pub async fn delete_old(db: impl Executor<'_, Database = Any>, now_ms: i64) -> Result<u64, sqlx::Error> {
    let before_ms = now_ms - 24 * 3_600_000;
    let result = sqlx::query("delete from used_half_log_ins where expires_at < $1").bind(before_ms).execute(db).await?;
    Ok(result.rows_affected())
}
