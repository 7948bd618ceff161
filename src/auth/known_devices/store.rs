//! The table `known_devices`. Server side.

use sqlx::{Any, Executor};
use uuid::Uuid;

use crate::base::caller::Caller;

/// Whether the account of this id has logged in from this browser before.
pub async fn is_known(
    db: impl Executor<'_, Database = Any>,
    device_hash: &str,
    user_id: &str,
) -> Result<bool, sqlx::Error> {
    let row: Option<(String,)> =
        sqlx::query_as("select public_id from known_devices where device_hash = $1 and user_id = $2")
            .bind(device_hash)
            .bind(user_id)
            .fetch_optional(db)
            .await?;
    Ok(row.is_some())
}

/// As [`is_known`], by normalised e-mail: the same question whether or not there is such an account.
pub async fn is_known_to(
    db: impl Executor<'_, Database = Any>,
    device_hash: &str,
    email: &str,
) -> Result<bool, sqlx::Error> {
    let row: Option<(String,)> = sqlx::query_as(
        "select public_id from known_devices join users on users.id = known_devices.user_id \
         where device_hash = $1 and email = $2",
    )
    .bind(device_hash)
    .bind(email)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Notes where and when a known browser was seen; `false` when the account does not know it.
pub async fn touch(
    db: impl Executor<'_, Database = Any>,
    device_hash: &str,
    user_id: &str,
    caller: &Caller,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "update known_devices set last_seen_at = $3, ip = $4, user_agent = $5 where device_hash = $1 and user_id = $2",
    )
    .bind(device_hash)
    .bind(user_id)
    .bind(now_ms)
    .bind(&caller.ip)
    .bind(&caller.user_agent)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives a browser another secret.
pub async fn rename(db: impl Executor<'_, Database = Any>, before: &str, after: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update known_devices set device_hash = $2 where device_hash = $1")
        .bind(before)
        .bind(after)
        .execute(db)
        .await
        .map(|_| ())
}

pub async fn insert(
    db: impl Executor<'_, Database = Any>,
    device_hash: &str,
    user_id: &str,
    caller: &Caller,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into known_devices (device_hash, user_id, public_id, user_agent, ip, first_seen_at, last_seen_at) \
         values ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(device_hash)
    .bind(user_id)
    .bind(Uuid::now_v7().to_string())
    .bind(&caller.user_agent)
    .bind(&caller.ip)
    .bind(now_ms)
    .execute(db)
    .await
    .map(|_| ())
}

/// Returns how many there were.
pub async fn delete_all(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<u64, sqlx::Error> {
    let result = sqlx::query("delete from known_devices where user_id = $1").bind(user_id).execute(db).await?;
    Ok(result.rows_affected())
}

/// Forgets all browsers of an account but those that were seen last.
pub async fn delete_beyond(db: impl Executor<'_, Database = Any>, user_id: &str, keep: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from known_devices where user_id = $1 and public_id not in (select public_id from known_devices \
         where user_id = $1 order by last_seen_at desc, public_id desc limit $2)",
    )
    .bind(user_id)
    .bind(keep)
    .execute(db)
    .await
    .map(|_| ())
}

/// Removes those whose browsers have thrown the cookie away by now.
pub async fn delete_old(db: impl Executor<'_, Database = Any>, now_ms: i64) -> Result<u64, sqlx::Error> {
    let before_ms = now_ms - super::KEEP_DAYS * 24 * 3_600_000;
    let result = sqlx::query("delete from known_devices where last_seen_at < $1").bind(before_ms).execute(db).await?;
    Ok(result.rows_affected())
}
