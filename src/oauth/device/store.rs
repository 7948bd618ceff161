//! The table `device_codes`. Server side.

use sqlx_macros::FromRow;

use crate::base::sql::{Change, Conn};

#[derive(Clone, Debug, Default, FromRow)]
pub struct DeviceRow {
    pub hash: String,
    pub user_code: String,
    pub client_id: String,
    pub scopes: String,
    pub resource: String,
    pub user_agent: String,
    pub ip: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub interval_ms: i64,
    pub asked_at: Option<i64>,
    pub grant_id: Option<String>,
    pub refused_at: Option<i64>,
    pub used_at: Option<i64>,
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " hash, user_code, client_id, scopes, resource, user_agent, ip, created_at, expires_at, interval_ms, asked_at, \
             grant_id, refused_at, used_at",
            $after
        )
    };
}

macro_rules! waits {
    () => {
        " expires_at > $2 and grant_id is null and refused_at is null"
    };
}

/// Keeps what a device asks for, unless so many of its application wait for a user; whether it was kept.
pub async fn insert(db: impl Conn<'_>, row: &DeviceRow, waiting_max: i64) -> sqlx::Result<bool> {
    let statement = concat!(
        "insert into device_codes (client_id, created_at, hash, user_code, scopes, resource, user_agent, ip, expires_at, \
         interval_ms) select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where $11 > \
         (select count(*) from device_codes where client_id = $1 and",
        waits!(),
        ")"
    );
    let query = sqlx::query(statement).bind(&row.client_id).bind(row.created_at).bind(&row.hash).bind(&row.user_code);
    let query = query.bind(&row.scopes).bind(&row.resource).bind(&row.user_agent).bind(&row.ip).bind(row.expires_at);
    query.bind(row.interval_ms).bind(waiting_max).hits(db).await
}

pub async fn find_waiting(db: impl Conn<'_>, user_code: &str, now_ms: i64) -> sqlx::Result<Option<DeviceRow>> {
    let statement = concat!(columns!("select", " from device_codes where user_code = $1 and"), waits!());
    sqlx::query_as(statement).bind(user_code).bind(now_ms).fetch_optional(db).await
}

/// The user has decided: the grant, or `None` for a no. Of two decisions the first counts.
pub async fn decide(db: impl Conn<'_>, user_code: &str, grant_id: Option<&str>, now_ms: i64) -> sqlx::Result<bool> {
    let refused_at = grant_id.is_none().then_some(now_ms);
    let statement =
        concat!("update device_codes set grant_id = $3, refused_at = $4 where user_code = $1 and", waits!());
    sqlx::query(statement).bind(user_code).bind(now_ms).bind(grant_id).bind(refused_at).hits(db).await
}

/// As it is, and no one else's until the transaction ends.
pub async fn lock(db: impl Conn<'_>, hash: &str) -> sqlx::Result<Option<DeviceRow>> {
    let statement = columns!("update device_codes set used_at = used_at where hash = $1 returning", "");
    sqlx::query_as(statement).bind(hash).fetch_optional(db).await
}

/// Notes a question that came before the user has decided, or the one that brought tokens.
pub async fn note(db: impl Conn<'_>, row: &DeviceRow) -> sqlx::Result<()> {
    let query = sqlx::query("update device_codes set asked_at = $2, interval_ms = $3, used_at = $4 where hash = $1");
    query.bind(&row.hash).bind(row.asked_at).bind(row.interval_ms).bind(row.used_at).run(db).await
}
