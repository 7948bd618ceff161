//! The audit table: rows are added here alone. `audit/chain` seals them and removes old ones; what is forgotten with an
//! account is blanked. Server side.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Any, any::AnyArguments, query::Query};
use uuid::{Timestamp, Uuid};

use super::{Event, Kind};
use crate::base::sql::{Change, Conn};

/// Writes one event and returns its id. Pass a transaction where the act itself is in one.
///
/// # Errors
/// When the database does not take it; the act must then not happen either.
pub async fn insert(db: impl Conn<'_>, event: &Event, now_ms: i64) -> sqlx::Result<String> {
    let id = new_id(now_ms);
    let statement = "insert into audit_events (id, at, event, actor, subject, sid, ip, device, reason, details) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    bound(statement, &id, event, now_ms).run(db).await.map(|()| id)
}

fn bound<'a>(statement: &'static str, id: &'a str, event: &'a Event, now_ms: i64) -> Query<'a, Any, AnyArguments> {
    sqlx::query(statement)
        .bind(id)
        .bind(now_ms)
        .bind(event.kind.into_str())
        .bind(event.actor.as_text())
        .bind(&event.subject)
        .bind(&event.sid)
        .bind(&event.ip)
        .bind(&event.device)
        .bind(&event.reason)
        .bind(event.details.to_string())
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

/// As [`insert`], unless the same happened to the same subject after `since`; whether it was written. Nothing is written
/// where there is no subject, with the same work.
pub async fn insert_once(db: impl Conn<'_>, event: &Event, since: i64, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "insert into audit_events (id, at, event, actor, subject, sid, ip, device, reason, details) \
                     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where $5 <> '' and not exists \
                     (select 1 from audit_events where subject = $5 and event = $3 and at > $11)";
    bound(statement, &new_id(now_ms), event, now_ms).bind(since).hits(db).await
}

/// Whether this has ever happened to a user.
pub async fn has_happened(db: impl Conn<'_>, subject: &str, kind: Kind) -> sqlx::Result<bool> {
    let statement = "select id from audit_events where subject = $1 and event = $2 limit 1";
    sqlx::query(statement).bind(subject).bind(kind.into_str()).finds(db).await
}
