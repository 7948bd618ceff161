//! The tables `totp` and `recovery_codes`, and the trust in a row of `known_devices`. Server side.

use sqlx::AnyConnection;
use sqlx_macros::FromRow;

use crate::base::sql::{Change, Conn};

/// A row of `totp`.
#[derive(Clone, Debug, FromRow)]
pub struct FactorRow {
    pub secret_sealed: String,
    /// Set: login asks for a code. Milliseconds since the epoch.
    pub confirmed_at: Option<i64>,
    /// Set: from then on it is as if the row were not there; see [`super::removal`].
    pub goes_at: Option<i64>,
}

impl FactorRow {
    /// Since when login asks for a code; `None` when it does not, or not any more.
    pub fn on_since(&self, now_ms: i64) -> Option<i64> {
        self.confirmed_at.filter(|_| self.goes_at.is_none_or(|at| at > now_ms))
    }

    pub fn is_on(&self, now_ms: i64) -> bool {
        self.on_since(now_ms).is_some()
    }
}

pub async fn find(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<Option<FactorRow>> {
    let statement = "select secret_sealed, confirmed_at, goes_at from totp where user_id = $1";
    sqlx::query_as(statement).bind(user_id).fetch_optional(db).await
}

/// Begins a set-up, in place of one that was never finished; `false` when the second factor is on.
pub async fn begin(db: impl Conn<'_>, user_id: &str, secret_sealed: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "insert into totp (user_id, secret_sealed, created_at, last_step) values ($1, $2, $3, 0) on \
                     conflict (user_id) do update set secret_sealed = $2, created_at = $3 where totp.confirmed_at is \
                     null";
    sqlx::query(statement).bind(user_id).bind(secret_sealed).bind(now_ms).hits(db).await
}

/// Ends the set-up with the code of this step; `false` when it is not this secret's any more, or was ended already.
pub async fn confirm(
    db: impl Conn<'_>,
    user_id: &str,
    secret_sealed: &str,
    step: i64,
    now_ms: i64,
) -> sqlx::Result<bool> {
    let statement = "update totp set confirmed_at = $4, last_step = $3 \
                     where user_id = $1 and secret_sealed = $2 and confirmed_at is null";
    sqlx::query(statement).bind(user_id).bind(secret_sealed).bind(step).bind(now_ms).hits(db).await
}

/// Uses up the code of this step and of all before it; `false` when it was used already (RFC 6238 5.2).
pub async fn use_step(db: impl Conn<'_>, user_id: &str, secret_sealed: &str, step: i64) -> sqlx::Result<bool> {
    let statement = "update totp set last_step = $3 \
                     where user_id = $1 and secret_sealed = $2 and confirmed_at is not null and last_step < $3";
    sqlx::query(statement).bind(user_id).bind(secret_sealed).bind(step).hits(db).await
}

/// `true` when login asked for it.
pub async fn delete(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<bool> {
    let statement = "delete from totp where user_id = $1 returning confirmed_at";
    let row: Option<(Option<i64>,)> = sqlx::query_as(statement).bind(user_id).fetch_optional(db).await?;
    Ok(row.is_some_and(|(confirmed_at,)| confirmed_at.is_some()))
}

pub async fn insert_code(db: impl Conn<'_>, code_hash: &str, user_id: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "insert into recovery_codes (code_hash, user_id, created_at) values ($1, $2, $3)";
    sqlx::query(statement).bind(code_hash).bind(user_id).bind(now_ms).run(db).await
}

pub async fn delete_codes(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from recovery_codes where user_id = $1").bind(user_id).run(db).await
}

/// Uses up a recovery code; `false` when there is none such, or it was used already.
pub async fn use_code(db: impl Conn<'_>, code_hash: &str, user_id: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "update recovery_codes set used_at = $3 \
                     where code_hash = $1 and user_id = $2 and used_at is null and (goes_at is null or goes_at > $3)";
    sqlx::query(statement).bind(code_hash).bind(user_id).bind(now_ms).hits(db).await
}

pub async fn codes_left(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<i64> {
    let statement = "select count(*) from recovery_codes \
                     where user_id = $1 and used_at is null and (goes_at is null or goes_at > $2)";
    sqlx::query_scalar(statement).bind(user_id).bind(now_ms).fetch_one(db).await
}

/// A row of `known_devices` that is trusted.
#[derive(Clone, Debug, FromRow)]
pub struct TrustedRow {
    pub device_hash: String,
    pub public_id: String,
    pub user_agent: String,
    pub ip: String,
    pub last_seen_at: i64,
    pub trusted_until: i64,
}

pub async fn trust(db: impl Conn<'_>, device_hash: &str, user_id: &str, until_ms: i64) -> sqlx::Result<()> {
    let statement = "update known_devices set trusted_until = $3 where device_hash = $1 and user_id = $2";
    sqlx::query(statement).bind(device_hash).bind(user_id).bind(until_ms).run(db).await
}

/// The devices that are trusted now, the last used first.
pub async fn trusted_of(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Vec<TrustedRow>> {
    let statement = "select device_hash, public_id, user_agent, ip, last_seen_at, trusted_until from known_devices \
                     where user_id = $1 and trusted_until > $2 order by last_seen_at desc, public_id";
    sqlx::query_as(statement).bind(user_id).bind(now_ms).fetch_all(db).await
}

/// Takes the trust from one device, by its public name; `false` when it had none.
pub async fn forget(db: impl Conn<'_>, user_id: &str, public_id: &str) -> sqlx::Result<bool> {
    let statement = "update known_devices set trusted_until = null \
                     where user_id = $1 and public_id = $2 and trusted_until is not null";
    sqlx::query(statement).bind(user_id).bind(public_id).hits(db).await
}

/// Takes the trust from every device of a user: after a new password or a change of the second factor no one can tell
/// which of them are still the owner's.
pub async fn forget_all(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<()> {
    let statement = "update known_devices set trusted_until = null where user_id = $1 and trusted_until is not null";
    sqlx::query(statement).bind(user_id).run(db).await
}

/// Lets a second factor that was turned on since go at `at_ms`, and the recovery codes with it; of an older one only the
/// codes that were made since. What goes already keeps its time. `true` where something new goes.
pub async fn let_go(db: &mut AnyConnection, user_id: &str, since_ms: i64, at_ms: i64) -> sqlx::Result<bool> {
    let factor =
        sqlx::query("update totp set goes_at = $3 where user_id = $1 and confirmed_at >= $2 and goes_at is null")
            .bind(user_id)
            .bind(since_ms)
            .bind(at_ms)
            .execute(&mut *db)
            .await?;
    let statement = "update recovery_codes set goes_at = $3 where user_id = $1 and goes_at is null and used_at is null \
                     and (created_at >= $2 or exists (select 1 from totp where totp.user_id = $1 and totp.goes_at is \
                     not null))";
    let codes = sqlx::query(statement).bind(user_id).bind(since_ms).bind(at_ms).execute(&mut *db).await?;
    Ok(factor.rows_affected() + codes.rows_affected() > 0)
}

/// Nothing of this user goes any more, unless it is gone by now.
pub async fn keep(db: &mut AnyConnection, user_id: &str, now_ms: i64) -> sqlx::Result<()> {
    for statement in [
        "update totp set goes_at = null where user_id = $1 and goes_at > $2",
        "update recovery_codes set goes_at = null where user_id = $1 and goes_at > $2",
    ] {
        sqlx::query(statement).bind(user_id).bind(now_ms).execute(&mut *db).await?;
    }
    Ok(())
}

/// When something of this user goes, if anything is still to go.
pub async fn goes_at(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Option<i64>> {
    let statement = "select min(goes_at) from (select goes_at from totp where user_id = $1 and goes_at > $2 union all \
                     select goes_at from recovery_codes where user_id = $1 and goes_at > $2) as going";
    sqlx::query_scalar(statement).bind(user_id).bind(now_ms).fetch_one(db).await
}

/// Users of whom something is gone by now, and still has its rows.
pub async fn users_to_clear(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<Vec<String>> {
    let statement =
        "select user_id from totp where goes_at <= $1 union select user_id from recovery_codes where goes_at <= $1";
    sqlx::query_scalar(statement).bind(now_ms).fetch_all(db).await
}

/// Removes the recovery codes that are gone by now; how many.
pub async fn delete_gone_codes(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<u64> {
    let statement = "delete from recovery_codes where user_id = $1 and goes_at <= $2";
    sqlx::query(statement).bind(user_id).bind(now_ms).count(db).await
}
