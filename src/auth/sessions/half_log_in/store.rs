//! The table `used_half_log_ins`. Server side.

use crate::base::sql::{Change, Conn};

/// Notes that the half login of this id is used up; `false` when it was before. The row is of no use after `expires_at`.
pub async fn use_up(db: impl Conn<'_>, id: &str, expires_at: i64) -> sqlx::Result<bool> {
    let insert = "insert into used_half_log_ins (id, expires_at) values ($1, $2) on conflict (id) do nothing";
    sqlx::query(insert).bind(id).bind(expires_at).hits(db).await
}

pub async fn is_used(db: impl Conn<'_>, id: &str) -> sqlx::Result<bool> {
    sqlx::query("select id from used_half_log_ins where id = $1").bind(id).finds(db).await
}

/// Removes those that died of age a day ago: a clock that went back makes none of them work again.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from used_half_log_ins where expires_at < $1").bind(now_ms - 24 * 3_600_000).count(db).await
}
