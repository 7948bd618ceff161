//! The chain in the database: what waits to be sealed, what is sealed, and the end. Server side.

use sqlx::{Any, Executor, FromRow};

use crate::{audit::event::Kind, db::Tx};

/// An event with its seals.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
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
    /// Null while it waits.
    pub seq: Option<i64>,
    pub origin_salt: String,
    pub origin_digest: String,
    pub words_salt: String,
    pub words_digest: String,
    pub mac: String,
}

/// The end of the chain as its row says.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct End {
    pub seq: i64,
    pub mac: String,
    pub seal: String,
}

macro_rules! select_rows {
    ($rest:literal) => {
        concat!(
            "select id, at, event, actor, subject, sid, ip, device, reason, details, seq, origin_salt, origin_digest, \
             words_salt, words_digest, mac from audit_events ",
            $rest
        )
    };
}

/// Locks the end of the chain until the transaction is over. Whoever changes rows that are in the log locks it first.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("update audit_chain set seq = seq where id = 1").execute(&mut **tx).await.map(|_| ())
}

/// The end of the chain; `None` when somebody has removed its row.
///
/// # Errors
/// When the database cannot be read.
pub async fn end(db: impl Executor<'_, Database = Any>) -> Result<Option<End>, sqlx::Error> {
    sqlx::query_as("select seq, mac, seal from audit_chain where id = 1").fetch_optional(db).await
}

/// Moves the end of the chain; makes its row where there is none.
///
/// # Errors
/// When the database does not take it.
pub async fn set_end(db: impl Executor<'_, Database = Any>, end: &End) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into audit_chain (id, seq, mac, seal) values (1, $1, $2, $3) \
         on conflict (id) do update set seq = excluded.seq, mac = excluded.mac, seal = excluded.seal",
    )
    .bind(end.seq)
    .bind(&end.mac)
    .bind(&end.seal)
    .execute(db)
    .await
    .map(|_| ())
}

/// The sealed event with the greatest number.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(db: impl Executor<'_, Database = Any>) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(select_rows!("where seq is not null order by seq desc limit 1")).fetch_optional(db).await
}

/// Whether anything waits to be sealed. One look into an index that is empty nearly always.
///
/// # Errors
/// When the database cannot be read.
pub async fn anything_waits(db: impl Executor<'_, Database = Any>) -> Result<bool, sqlx::Error> {
    let row: Option<(String,)> =
        sqlx::query_as("select id from audit_events where seq is null limit 1").fetch_optional(db).await?;
    Ok(row.is_some())
}

/// How many events from before `at` wait to be sealed.
///
/// # Errors
/// When the database cannot be read.
pub async fn waiting_since(db: impl Executor<'_, Database = Any>, at: i64) -> Result<i64, sqlx::Error> {
    let statement = "select count(*) from audit_events where seq is null and at < $1";
    sqlx::query_as(statement).bind(at).fetch_one(db).await.map(|(count,)| count)
}

/// Events that wait to be sealed, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn waiting(db: impl Executor<'_, Database = Any>, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(select_rows!("where seq is null order by id limit $1")).bind(limit).fetch_all(db).await
}

/// Events of a kind that wait to be sealed, the oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn waiting_of(db: impl Executor<'_, Database = Any>, kind: Kind) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(select_rows!("where seq is null and event = $1 order by id"))
        .bind(kind.as_text())
        .fetch_all(db)
        .await
}

/// Sealed events after the number `seq`, in the order of the chain.
///
/// # Errors
/// When the database cannot be read.
pub async fn sealed_after(
    db: impl Executor<'_, Database = Any>,
    seq: i64,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(select_rows!("where seq > $1 order by seq limit $2")).bind(seq).bind(limit).fetch_all(db).await
}

/// Writes the seals of an event that waits; whether it did.
///
/// # Errors
/// When the database does not take it.
pub async fn seal(db: impl Executor<'_, Database = Any>, row: &Row) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "update audit_events set seq = $2, origin_salt = $3, origin_digest = $4, words_salt = $5, words_digest = $6, \
         mac = $7 where id = $1 and seq is null",
    )
    .bind(&row.id)
    .bind(row.seq)
    .bind(&row.origin_salt)
    .bind(&row.origin_digest)
    .bind(&row.words_salt)
    .bind(&row.words_digest)
    .bind(&row.mac)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Adds to how often something happened on a day.
///
/// # Errors
/// When the database does not take it.
pub async fn count(
    db: impl Executor<'_, Database = Any>,
    day: i64,
    event: &str,
    count: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into daily_counts (day, event, count) values ($1, $2, $3) \
         on conflict (day, event) do update set count = daily_counts.count + excluded.count",
    )
    .bind(day)
    .bind(event)
    .bind(count)
    .execute(db)
    .await
    .map(|_| ())
}

/// Whether this was a user whose account was deleted: the log says so, and the account is gone.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_forgotten(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<bool, sqlx::Error> {
    let row: Option<(String,)> = sqlx::query_as(
        "select id from audit_events where subject = $1 and event = 'account_deleted' \
         and not exists (select 1 from users where users.id = $1 and users.deleted_at is null) limit 1",
    )
    .bind(user_id)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}
