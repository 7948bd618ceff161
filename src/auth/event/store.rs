//! The audit table: rows are added, never changed, but for what is forgotten with an account. Server side.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Any, Executor, FromRow};
use uuid::{Timestamp, Uuid};

use super::{Event, Kind};
use crate::base::db::Tx;

/// A row as it is read back.
#[derive(Clone, Debug, FromRow)]
pub struct EventRow {
    pub id: String,
    pub at: i64,
    pub event: String,
    pub actor: String,
    pub subject: String,
    pub sid: String,
    pub ip: String,
    pub device: String,
    pub reason: String,
    pub details: String,
}

/// Writes one event and returns its id. Pass a transaction where the act itself is in one.
///
/// # Errors
/// When the database does not take it; the act must then not happen either.
pub async fn insert(db: impl Executor<'_, Database = Any>, event: &Event, now_ms: i64) -> Result<String, sqlx::Error> {
    let id = new_id(now_ms);
    sqlx::query(
        "insert into audit_events (id, at, event, actor, subject, sid, ip, device, reason, details) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&id)
    .bind(now_ms)
    .bind(event.kind.into_str())
    .bind(event.actor.as_text())
    .bind(&event.subject)
    .bind(&event.sid)
    .bind(&event.ip)
    .bind(&event.device)
    .bind(&event.reason)
    .bind(event.details.to_string())
    .execute(db)
    .await?;
    Ok(id)
}

/// A UUID v7 of the time of the event, so that a day of the log is a range of ids; in one millisecond, in the order of
/// this process.
fn new_id(now_ms: i64) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let ms = u64::try_from(now_ms).unwrap_or_default();
    let nanos = u32::try_from(ms % 1000 * 1_000_000).unwrap_or_default();
    let count = u128::from(COUNT.fetch_add(1, Ordering::Relaxed));
    Uuid::new_v7(Timestamp::from_unix_time(ms / 1000, nanos, count, 32)).to_string()
}

macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "select id, at, event, actor, subject, sid, ip, device, reason, details from audit_events \
             where subject = $1 ",
            $rest
        )
    };
}

/// The newest events that happened to a user, newest first; with `before`, those before the event of this id.
pub async fn newest_of(
    db: impl Executor<'_, Database = Any>,
    subject: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<EventRow>, sqlx::Error> {
    sqlx::query_as(select_events!("and id < $2 order by id desc limit $3"))
        .bind(subject)
        .bind(before.unwrap_or(Uuid::max()).to_string())
        .bind(limit)
        .fetch_all(db)
        .await
}

/// An event that happened to this user; somebody else's is not found.
pub async fn find_of(
    db: impl Executor<'_, Database = Any>,
    subject: &str,
    id: Uuid,
) -> Result<Option<EventRow>, sqlx::Error> {
    sqlx::query_as(select_events!("and id = $2")).bind(subject).bind(id.to_string()).fetch_optional(db).await
}

/// As [`insert`], unless the same happened to the same subject after `since`; whether it was written. Nothing is written
/// where there is no subject, with the same work.
pub async fn insert_once(
    db: impl Executor<'_, Database = Any>,
    event: &Event,
    since: i64,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "insert into audit_events (id, at, event, actor, subject, sid, ip, device, reason, details) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where $5 <> '' and not exists \
         (select 1 from audit_events where subject = $5 and event = $3 and at > $11)",
    )
    .bind(new_id(now_ms))
    .bind(now_ms)
    .bind(event.kind.into_str())
    .bind(event.actor.as_text())
    .bind(&event.subject)
    .bind(&event.sid)
    .bind(&event.ip)
    .bind(&event.device)
    .bind(&event.reason)
    .bind(event.details.to_string())
    .bind(since)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Whether this has ever happened to a user.
pub async fn has_happened(
    db: impl Executor<'_, Database = Any>,
    subject: &str,
    kind: Kind,
) -> Result<bool, sqlx::Error> {
    let row: Option<(String,)> =
        sqlx::query_as("select id from audit_events where subject = $1 and event = $2 limit 1")
            .bind(subject)
            .bind(kind.into_str())
            .fetch_optional(db)
            .await?;
    Ok(row.is_some())
}

/// Locks the end of the chain until the transaction is over. Whoever changes rows that are in the log locks it first.
pub async fn lock_chain(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("update audit_chain set seq = seq where id = 1").execute(&mut **tx).await.map(|_| ())
}

/// Blanks what the log says of a person in others' words and of where they were. Ids, times and what happened remain, and
/// the chain holds. The rows of the chain are not touched while they are being sealed.
pub async fn forget(tx: &mut Tx, user_id: &str) -> Result<(), sqlx::Error> {
    lock_chain(tx).await?;
    let statement = "update audit_events set ip = '', device = '', origin_salt = '', reason = '', details = 'null', words_salt = '' \
                     where subject = $1 and not (event = 'account_deleted' and actor <> $1) and \
                     (ip <> '' or device <> '' or origin_salt <> '' or reason <> '' or details <> 'null' or words_salt <> '')";
    sqlx::query(statement).bind(user_id).execute(&mut **tx).await.map(|_| ())
}

/// Blanks from where a person did something to others. What they did, and why, remains: it is the others' business.
pub async fn forget_origin(tx: &mut Tx, user_id: &str) -> Result<(), sqlx::Error> {
    lock_chain(tx).await?;
    let statement = "update audit_events set ip = '', device = '', origin_salt = '' where actor = $1";
    sqlx::query(statement).bind(user_id).execute(&mut **tx).await.map(|_| ())
}

/// The newest event of one of these two kinds that happened to a user.
pub async fn newest_of_kinds(
    db: impl Executor<'_, Database = Any>,
    subject: &str,
    [one, other]: [Kind; 2],
) -> Result<Option<EventRow>, sqlx::Error> {
    sqlx::query_as(select_events!("and event in ($2, $3) order by id desc limit 1"))
        .bind(subject)
        .bind(one.into_str())
        .bind(other.into_str())
        .fetch_optional(db)
        .await
}
