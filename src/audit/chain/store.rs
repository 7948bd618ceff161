//! The chain in the database: what waits to be sealed, what is sealed, and the end. Server side.

use sqlx_macros::FromRow;

use crate::{
    audit::log::store::{EventRow, select_events},
    auth::event::Kind,
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
};

/// The end of the chain as its row says. All is empty before the first event is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct End {
    pub seq: i64,
    pub mac: String,
    pub seal: String,
}

/// What retention has removed, under one key, as its row says.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Removed {
    pub first_seq: i64,
    pub last_seq: i64,
    pub last_mac: String,
    pub events: i64,
    /// Numbers without an event, and events that were not as sealed.
    pub unfit: i64,
    /// Sealed with another key.
    pub unchecked: i64,
    /// Time of the newest.
    pub until_at: i64,
    pub removed_at: i64,
    pub seal: String,
}

/// The end of the chain; `None` when someone has removed its row.
pub async fn end(db: impl Conn<'_>) -> sqlx::Result<Option<End>> {
    sqlx::query_as("select seq, mac, seal from audit_chain where id = 1").fetch_optional(db).await
}

/// Moves the end of the chain; makes its row where there is none.
pub async fn set_end(db: impl Conn<'_>, end: &End) -> sqlx::Result<()> {
    let statement = "insert into audit_chain (id, seq, mac, seal) values (1, $1, $2, $3) \
                     on conflict (id) do update set seq = excluded.seq, mac = excluded.mac, seal = excluded.seal";
    sqlx::query(statement).bind(end.seq).bind(&end.mac).bind(&end.seal).run(db).await
}

/// The sealed event with the greatest number.
pub async fn last(db: impl Conn<'_>) -> sqlx::Result<Option<EventRow>> {
    sqlx::query_as(select_events!("where seq is not null order by seq desc limit 1")).fetch_optional(db).await
}

/// Whether anything waits to be sealed. One look into an index that is empty nearly always.
pub async fn anything_waits(db: impl Conn<'_>) -> sqlx::Result<bool> {
    sqlx::query("select id from audit_events where seq is null limit 1").finds(db).await
}

/// How many events from before `at` wait to be sealed.
pub async fn waiting_since(db: impl Conn<'_>, at: i64) -> sqlx::Result<i64> {
    let statement = "select count(*) from audit_events where seq is null and at < $1";
    sqlx::query_scalar(statement).bind(at).fetch_one(db).await
}

/// Events that wait to be sealed, the oldest first.
pub async fn waiting(db: impl Conn<'_>, limit: i64) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as(select_events!("where seq is null order by id limit $1")).bind(limit).fetch_all(db).await
}

/// Events of a kind that wait to be sealed, the oldest first.
pub async fn waiting_of(db: impl Conn<'_>, kind: Kind) -> sqlx::Result<Vec<EventRow>> {
    let statement = select_events!("where seq is null and event = $1 order by id");
    sqlx::query_as(statement).bind(kind.into_str()).fetch_all(db).await
}

/// Sealed events after the number `seq`, in the order of the chain.
pub async fn sealed_after(db: impl Conn<'_>, seq: i64, limit: i64) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as(select_events!("where seq > $1 order by seq limit $2")).bind(seq).bind(limit).fetch_all(db).await
}

/// Writes the seals of an event that waits; whether it did.
pub async fn seal(db: impl Conn<'_>, row: &EventRow) -> sqlx::Result<bool> {
    sqlx::query(
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
    .hits(db)
    .await
}

/// Adds to how often something happened on a day.
pub async fn count(db: impl Conn<'_>, day: i64, event: &str, count: i64) -> sqlx::Result<()> {
    let statement = "insert into daily_counts (day, event, count) values ($1, $2, $3) \
                     on conflict (day, event) do update set count = daily_counts.count + excluded.count";
    sqlx::query(statement).bind(day).bind(event).bind(count).run(db).await
}

/// What retention has removed, the oldest first.
pub async fn removed(db: impl Conn<'_>) -> sqlx::Result<Vec<Removed>> {
    let statement = "select first_seq, last_seq, last_mac, events, unfit, unchecked, until_at, removed_at, seal from \
                     audit_removed order by first_seq";
    sqlx::query_as(statement).fetch_all(db).await
}

/// Writes what was removed, in the place of what was said before of the same first one.
pub async fn say_removed(db: impl Conn<'_>, removed: &Removed) -> sqlx::Result<()> {
    sqlx::query(
        "insert into audit_removed (first_seq, last_seq, last_mac, events, unfit, unchecked, until_at, removed_at, seal) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (first_seq) do update set \
         last_seq = excluded.last_seq, last_mac = excluded.last_mac, events = excluded.events, unfit = excluded.unfit, \
         unchecked = excluded.unchecked, until_at = excluded.until_at, removed_at = excluded.removed_at, seal = excluded.seal",
    )
    .bind(removed.first_seq)
    .bind(removed.last_seq)
    .bind(&removed.last_mac)
    .bind(removed.events)
    .bind(removed.unfit)
    .bind(removed.unchecked)
    .bind(removed.until_at)
    .bind(removed.removed_at)
    .bind(&removed.seal)
    .run(db).await
}

/// Removes the sealed events up to this number; how many there were.
pub async fn remove_between(db: impl Conn<'_>, after: i64, last: i64) -> sqlx::Result<u64> {
    let statement = "delete from audit_events where seq > $1 and seq <= $2";
    sqlx::query(statement).bind(after).bind(last).count(db).await
}

/// Whether this was a user whose account was deleted: the log says so, and the account is gone.
pub async fn is_forgotten(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<bool> {
    let statement = "select id from audit_events where subject = $1 and event = 'account_deleted' \
                     and not exists (select 1 from users where users.id = $1 and users.deleted_at is null) limit 1";
    sqlx::query(statement).bind(user_id).finds(db).await
}

/// Locks the end of the chain until the transaction is over. Whoever changes rows that are in the log locks it first.
pub async fn lock_chain(tx: &mut Tx) -> sqlx::Result<()> {
    sqlx::query("update audit_chain set seq = seq where id = 1").run(&mut **tx).await
}
