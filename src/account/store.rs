//! What belongs to one account, wherever it stands, to be handed out; `deletion/store.rs` erases the same. Server side.

use sqlx::{Any, Executor, FromRow};

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

/// Every session that there is a row of, ended ones too, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn sessions(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<Vec<SessionRow>, sqlx::Error> {
    sqlx::query_as(
        "select sid, user_agent, ip, created_at, last_seen_at, expires_at, ended_at, end_reason from sessions \
         where user_id = $1 order by created_at desc, sid desc",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}

/// A note as the person gets it.
#[derive(Clone, Debug, FromRow)]
pub struct NoteRow {
    pub id: String,
    pub title: String,
    pub body: String,
    pub pinned_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// # Errors
/// When the database cannot be read.
pub async fn notes(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<Vec<NoteRow>, sqlx::Error> {
    sqlx::query_as(
        "select id, title, body, pinned_at, created_at, updated_at from notes where user_id = $1 order by created_at, id",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}

/// A browser that the user has logged in from, without its secret.
#[derive(Clone, Debug, FromRow)]
pub struct DeviceRow {
    pub user_agent: String,
    pub ip: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
    pub trusted_until: Option<i64>,
}

/// # Errors
/// When the database cannot be read.
pub async fn devices(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<Vec<DeviceRow>, sqlx::Error> {
    sqlx::query_as(
        "select user_agent, ip, first_seen_at, last_seen_at, trusted_until from known_devices where user_id = $1 \
         order by first_seen_at",
    )
    .bind(user_id)
    .fetch_all(db)
    .await
}
