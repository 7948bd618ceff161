//! What belongs to one account, wherever it stands: to be handed out, and to be erased. Server side.

use sqlx::{Any, Executor, FromRow};

use crate::db::Tx;

/// Erases what is kept of a person outside the row of the user. What remains are ids, times and what happened: the log
/// must still say that somebody did it, and no more who.
///
/// A table that is added and forgotten here fails `after_a_deletion_nothing_of_the_person_is_anywhere`.
///
/// # Errors
/// When the database does not take it.
pub async fn erase(tx: &mut Tx, user_id: &str) -> Result<(), sqlx::Error> {
    for statement in [
        "delete from notes where user_id = $1",
        "delete from links where user_id = $1",
        "delete from totp where user_id = $1",
        "delete from recovery_codes where user_id = $1",
        "delete from known_devices where user_id = $1",
        "delete from user_words where user_id = $1",
        "delete from outbox where user_id = $1 and (sent_at is not null or given_up_at is not null)",
        "update sessions set ip = '', user_agent = '', data = '{}' where user_id = $1",
        // The reason, too: it is what others wrote about them.
        "update audit_events set ip = '', device = '', reason = '' where subject = $1",
    ] {
        sqlx::query(statement).bind(user_id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Erases from where a person did something to others. What they did, and why, remains: it is the others' business.
///
/// # Errors
/// When the database does not take it.
pub async fn erase_as_actor(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<(), sqlx::Error> {
    let statement = "update audit_events set ip = '', device = '' where actor = $1";
    sqlx::query(statement).bind(user_id).execute(db).await.map(|_| ())
}

/// Removes every mail to a person, or about their account, sent or not.
///
/// # Errors
/// When the database does not take it.
pub async fn delete_mails(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    email: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from outbox where user_id = $1 or email = $2")
        .bind(user_id)
        .bind(email)
        .execute(db)
        .await
        .map(|_| ())
}

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

/// When the second factor was turned on; `None` while it is off.
///
/// # Errors
/// When the database cannot be read.
pub async fn second_factor_since(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
) -> Result<Option<i64>, sqlx::Error> {
    let row: Option<(Option<i64>,)> =
        sqlx::query_as("select confirmed_at from totp where user_id = $1").bind(user_id).fetch_optional(db).await?;
    Ok(row.and_then(|(at,)| at))
}
