//! The table `outbox`, as the worker and an operator see it. Server side.

use sqlx_macros::FromRow;

use crate::base::sql::{Change, Conn};

#[derive(Clone, Debug, FromRow)]
pub struct MailRow {
    pub id: String,
    pub email: String,
    pub user_id: String,
    /// A [`Mail`](crate::auth::outbox::Mail), as JSON.
    pub mail: String,
    pub created_at: i64,
    /// Tries so far, this one included.
    pub attempts: i64,
}

/// Takes mails that are due, the longest waiting first. Until `until_ms` they are no one else's; then, if this process
/// has died meanwhile, they are due again.
pub async fn claim(db: impl Conn<'_>, limit: i64, now_ms: i64, until_ms: i64) -> sqlx::Result<Vec<MailRow>> {
    // The outer condition is asked again when another instance was quicker, the inner one is not.
    let statement = "update outbox set due_at = $3, attempts = attempts + 1 where sent_at is null and given_up_at is \
                     null and due_at <= $2 and id in (select id from outbox where sent_at is null and given_up_at is \
                     null and due_at <= $2 order by due_at, id limit $1) returning id, email, user_id, mail, \
                     created_at, attempts";
    sqlx::query_as(statement).bind(limit).bind(now_ms).bind(until_ms).fetch_all(db).await
}

/// The note of a mail that was not sent, since its address had enough.
pub const TOO_MANY: &str = "not sent: too many";

/// Nothing more is to be done for this mail; `note` says why, where nothing was sent.
pub async fn set_sent(db: impl Conn<'_>, id: &str, note: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update outbox set sent_at = $2, last_error = $3 where id = $1";
    sqlx::query(statement).bind(id).bind(now_ms).bind(note).run(db).await
}

pub async fn set_due(db: impl Conn<'_>, id: &str, error: &str, due_ms: i64) -> sqlx::Result<()> {
    let statement = "update outbox set due_at = $2, last_error = $3 where id = $1 and sent_at is null";
    sqlx::query(statement).bind(id).bind(due_ms).bind(error).run(db).await
}

pub async fn set_given_up(db: impl Conn<'_>, id: &str, error: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update outbox set given_up_at = $2, last_error = $3 where id = $1 and sent_at is null";
    sqlx::query(statement).bind(id).bind(now_ms).bind(error).run(db).await
}

/// Mails of the same kind that went out to the same address, of those that were asked for within so long before this
/// one. What was dropped, or had no one to tell, does not count: a stranger's asking would use up the owner's mails.
pub async fn count_sent_like(db: impl Conn<'_>, row: &MailRow, within_ms: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from outbox where email = $1 and mail = $2 and id <> $3 and created_at > $4 \
         and sent_at is not null and last_error = ''",
    )
    .bind(&row.email)
    .bind(&row.mail)
    .bind(&row.id)
    .bind(row.created_at - within_ms)
    .fetch_one(db)
    .await
}

pub async fn count_waiting(db: impl Conn<'_>) -> sqlx::Result<i64> {
    let statement = "select count(*) from outbox where sent_at is null and given_up_at is null";
    sqlx::query_scalar(statement).fetch_one(db).await
}

/// A mail as an operator sees it. Times are milliseconds since the epoch.
#[derive(Clone, Debug, FromRow)]
pub struct Listed {
    pub id: String,
    /// Whole: whoever shows it covers most of it.
    pub email: String,
    pub mail: String,
    pub created_at: i64,
    pub due_at: i64,
    pub attempts: i64,
    pub sent_at: Option<i64>,
    pub given_up_at: Option<i64>,
    pub last_error: String,
}

/// The newest mails, the newest first.
pub async fn list(db: impl Conn<'_>, only_given_up: bool, limit: i64) -> sqlx::Result<Vec<Listed>> {
    let statement = "select id, email, mail, created_at, due_at, attempts, sent_at, given_up_at, last_error from \
                     outbox where $1 = 0 or given_up_at is not null order by id desc limit $2";
    sqlx::query_as(statement).bind(i64::from(only_given_up)).bind(limit).fetch_all(db).await
}

/// Gives every mail that was given up another day; the number of them.
pub async fn retry_given_up(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    let statement = "update outbox set given_up_at = null, due_at = $1, created_at = $1, attempts = 0 \
                     where given_up_at is not null and last_error <> 'called off'";
    sqlx::query(statement).bind(now_ms).count(db).await
}

/// Long enough to see what went out; those that did not are of more interest.
const KEEP_SENT_MS: i64 = 7 * 24 * 3_600_000;
const KEEP_GIVEN_UP_MS: i64 = 30 * 24 * 3_600_000;

/// Removes mails that were sent or given up long ago.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    let statement = "delete from outbox where sent_at < $1 or given_up_at < $2";
    sqlx::query(statement).bind(now_ms - KEEP_SENT_MS).bind(now_ms - KEEP_GIVEN_UP_MS).count(db).await
}
