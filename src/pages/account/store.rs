//! What belongs to one account, wherever it stands, to be handed out; `people/deletion/store.rs` erases the same. Server side.

use sqlx_macros::FromRow;

use crate::base::sql::Conn;

/// A session as the person gets it, without its secrets.
#[derive(Clone, Debug, FromRow)]
pub struct SessionRow {
    pub sid: String,
    pub user_agent: String,
    pub ip: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
}

/// Sessions that there is a row of, ended ones too, the newest first: those before `(created_at, sid)`.
pub async fn sessions(
    db: impl Conn<'_>,
    user_id: &str,
    (at, sid): (i64, &str),
    limit: i64,
) -> sqlx::Result<Vec<SessionRow>> {
    sqlx::query_as(
        "select sid, user_agent, ip, created_at, last_seen_at, expires_at, ended_at, end_reason from sessions \
         where user_id = $1 and (created_at, sid) < ($2, $3) order by created_at desc, sid desc limit $4",
    )
    .bind(user_id)
    .bind(at)
    .bind(sid)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// A browser that the user has logged in from, without its secret.
#[derive(Clone, Debug, FromRow)]
pub struct DeviceRow {
    pub public_id: String,
    pub user_agent: String,
    pub ip: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
    pub trusted_until: Option<i64>,
}

/// In the order in which they were first seen, those after `(first_seen_at, public_id)`.
pub async fn devices(
    db: impl Conn<'_>,
    user_id: &str,
    (at, public_id): (i64, &str),
    limit: i64,
) -> sqlx::Result<Vec<DeviceRow>> {
    sqlx::query_as(
        "select public_id, user_agent, ip, first_seen_at, last_seen_at, trusted_until from known_devices \
         where user_id = $1 and (first_seen_at, public_id) > ($2, $3) order by first_seen_at, public_id limit $4",
    )
    .bind(user_id)
    .bind(at)
    .bind(public_id)
    .bind(limit)
    .fetch_all(db)
    .await
}
