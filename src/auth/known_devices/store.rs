//! The table `known_devices`. Server side.

use uuid::Uuid;

use crate::base::{
    caller::Caller,
    sql::{Change, Conn},
};

/// Whether the account of this id has logged in from this browser before.
pub async fn is_known(db: impl Conn<'_>, device_hash: &str, user_id: &str) -> sqlx::Result<bool> {
    let statement = "select public_id from known_devices where device_hash = $1 and user_id = $2";
    sqlx::query(statement).bind(device_hash).bind(user_id).finds(db).await
}

/// As [`is_known`], by normalised email: the same question whether or not there is such an account.
pub async fn is_known_to(db: impl Conn<'_>, device_hash: &str, email: &str) -> sqlx::Result<bool> {
    let statement = "select public_id from known_devices join users on users.id = known_devices.user_id \
                     where device_hash = $1 and email = $2";
    sqlx::query(statement).bind(device_hash).bind(email).finds(db).await
}

/// Notes where and when a known browser was seen; `false` when the account does not know it.
pub async fn touch(
    db: impl Conn<'_>,
    device_hash: &str,
    user_id: &str,
    caller: &Caller,
    now_ms: i64,
) -> sqlx::Result<bool> {
    sqlx::query(
        "update known_devices set last_seen_at = $3, ip = $4, user_agent = $5 where device_hash = $1 and user_id = $2",
    )
    .bind(device_hash)
    .bind(user_id)
    .bind(now_ms)
    .bind(&caller.ip)
    .bind(&caller.user_agent)
    .hits(db)
    .await
}

/// Gives a browser another secret.
pub async fn rename(db: impl Conn<'_>, before: &str, after: &str) -> sqlx::Result<()> {
    let statement = "update known_devices set device_hash = $2 where device_hash = $1";
    sqlx::query(statement).bind(before).bind(after).run(db).await
}

pub async fn insert(
    db: impl Conn<'_>,
    device_hash: &str,
    user_id: &str,
    caller: &Caller,
    now_ms: i64,
) -> sqlx::Result<()> {
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
    .run(db)
    .await
}

/// After a reset no one can tell which of them were the owner's. [`remember`](super::remember) the one that did the reset
/// right after: it gets in then, also while someone guesses.
pub async fn delete_all(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from known_devices where user_id = $1").bind(user_id).run(db).await
}

/// Forgets all browsers of an account but those that were seen last.
pub async fn delete_beyond(db: impl Conn<'_>, user_id: &str, keep: i64) -> sqlx::Result<()> {
    let statement = "delete from known_devices where user_id = $1 and public_id not in (select public_id from \
                     known_devices where user_id = $1 order by last_seen_at desc, public_id desc limit $2)";
    sqlx::query(statement).bind(user_id).bind(keep).run(db).await
}

/// Removes those whose browsers have thrown the cookie away by now.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    let before_ms = now_ms - super::KEEP_DAYS * 24 * 3_600_000;
    sqlx::query("delete from known_devices where last_seen_at < $1").bind(before_ms).count(db).await
}
