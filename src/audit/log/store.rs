//! Slices of the log with the names of those in it, and the events of one user. Server side; reads only.

use serde_json::Value;
use sqlx::{AnyPool, QueryBuilder};
use sqlx_macros::FromRow;
use uuid::Uuid;

use super::{ANY, Filter, Slice};
use crate::{auth::event::Kind, base::sql::Conn};

/// The columns of [`EventRow`].
macro_rules! event_columns {
    () => {
        "id, at, event, actor, subject, sid, ip, device, reason, details, seq, origin_salt, origin_digest, words_salt, \
         words_digest, mac"
    };
}

/// All of them, of the rows that the rest of the statement names.
macro_rules! select_events {
    ($rest:literal) => {
        concat!("select ", $crate::audit::log::store::event_columns!(), " from audit_events ", $rest)
    };
}
pub(crate) use {event_columns, select_events};

/// An event with its seals.
#[derive(Clone, Debug, Default, FromRow)]
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
    /// Place in the chain; `None` while it is not sealed.
    pub seq: Option<i64>,
    pub origin_salt: String,
    pub origin_digest: String,
    pub words_salt: String,
    pub words_digest: String,
    pub mac: String,
}

impl EventRow {
    /// Null where they are blanked, or are no JSON.
    pub fn details(&self) -> Value {
        serde_json::from_str(&self.details).unwrap_or_default()
    }
}

/// An event with the names of who is in it, as far as they still have an account.
#[derive(Clone, Debug, Default, FromRow)]
pub struct LogRow {
    #[sqlx(flatten)]
    pub row: EventRow,
    pub actor_name: Option<String>,
    pub subject_name: Option<String>,
}

/// So many rows are looked at for one slice where an index does not lead to them alone.
pub const LOOKED_AT_MAX: i64 = 10_000;

/// A slice of what is looked for, before the event of the id `before` (empty: the newest).
pub async fn slice(db: &AnyPool, filter: &Filter, before: &str, limit: usize) -> sqlx::Result<Slice> {
    let (least, end) = (filter.least_id(), filter.end_id(before));
    let floor = if filter.leaves_out() { floor(db, filter, &least, &end).await? } else { None };
    let mut rows = matching(db, filter, floor.as_deref().unwrap_or(&least), &end, limit + 1).await?;
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| is_more).map(|last| last.row.id.clone());
    let is_cut_short = last.is_none() && floor.is_some();
    Ok(Slice { rows, next: last.or(floor), is_cut_short })
}

/// The id down to which one slice looks; `None` when that is all there is.
async fn floor(db: impl Conn<'_>, filter: &Filter, least: &str, end: &str) -> sqlx::Result<Option<String>> {
    let (way, led_by) = filter.way();
    QueryBuilder::new(format!(
        "select id from audit_events where {way} = $1 and id < $2 and id >= $3 order by id desc limit 1 offset $4"
    ))
    .build_query_scalar()
    .bind(led_by)
    .bind(end)
    .bind(least)
    .bind(LOOKED_AT_MAX - 1)
    .fetch_optional(db)
    .await
}

async fn matching(
    db: impl Conn<'_>,
    filter: &Filter,
    least: &str,
    end: &str,
    limit: usize,
) -> sqlx::Result<Vec<LogRow>> {
    // What the index is for; the other conditions are looked at row by row.
    let (way, led_by) = filter.way();
    let words = filter.words.as_deref();
    QueryBuilder::new(format!(
        "select {}, \
         (select name from users where users.id = audit_events.actor and deleted_at is null) as actor_name, \
         (select name from users where users.id = audit_events.subject and deleted_at is null) as subject_name \
         from audit_events where {way} = $1 and id < $2 and id >= $3 and ($4 = '*' or actor = $4) \
         and ($5 = '*' or event = $5) and ($6 = '*' or ip = $6) \
         and ($7 = '*' or lower(reason) like $8 escape '\\' or reason like $9 escape '\\') order by id desc limit $10",
        event_columns!()
    ))
    .build_query_as()
    .bind(led_by)
    .bind(end)
    .bind(least)
    .bind(filter.actor.as_deref().unwrap_or(ANY))
    .bind(filter.event.map_or(ANY, Kind::into))
    .bind(filter.ip.as_deref().unwrap_or(ANY))
    .bind(words.map_or(ANY, |_| ""))
    // As `search_text` is folded.
    .bind(containing(&words.unwrap_or_default().to_lowercase()))
    // SQLite knows upper and lower case of ASCII alone: other letters count as they were typed.
    .bind(containing(words.unwrap_or_default()))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
}

/// A `like` pattern (escape `\`) for "contains these words".
fn containing(words: &str) -> String {
    let escaped = words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The newest events that happened to a user, newest first; with `before`, those before the event of this id.
pub async fn newest_of(
    db: impl Conn<'_>,
    subject: &str,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as(select_events!("where subject = $1 and id < $2 order by id desc limit $3"))
        .bind(subject)
        .bind(before.unwrap_or(Uuid::max()).to_string())
        .bind(limit)
        .fetch_all(db)
        .await
}

/// As [`newest_of`], the events of one kind that happened to everyone who had an account then, so they name no user.
pub async fn newest_of_everyone(
    db: impl Conn<'_>,
    kind: Kind,
    since: i64,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as(select_events!("where event = $1 and at > $2 and id < $3 order by id desc limit $4"))
        .bind(kind.into_str())
        .bind(since)
        .bind(before.unwrap_or(Uuid::max()).to_string())
        .bind(limit)
        .fetch_all(db)
        .await
}

/// An event that happened to this user; someone else's is not found.
pub async fn find_of(db: impl Conn<'_>, subject: &str, id: Uuid) -> sqlx::Result<Option<EventRow>> {
    let statement = select_events!("where subject = $1 and id = $2");
    sqlx::query_as(statement).bind(subject).bind(id.to_string()).fetch_optional(db).await
}

/// The newest event of one of these two kinds that happened to a user.
pub async fn newest_of_kinds(
    db: impl Conn<'_>,
    subject: &str,
    [one, other]: [Kind; 2],
) -> sqlx::Result<Option<EventRow>> {
    let statement = select_events!("where subject = $1 and event in ($2, $3) order by id desc limit 1");
    sqlx::query_as(statement).bind(subject).bind(one.into_str()).bind(other.into_str()).fetch_optional(db).await
}
