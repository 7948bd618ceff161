//! What the overview counts, over the tables of others. Server side; reads only.

use sqlx_macros::FromRow;

use super::Counted;
use crate::{
    auth::{
        event::Kind,
        throttle::store::{ACCOUNT, NETWORK},
    },
    base::sql::{Change, Conn},
};

#[derive(Clone, Debug, FromRow)]
pub struct DayRow {
    /// Days since the epoch, UTC.
    pub day: i64,
    pub event: String,
    pub times: i64,
}

/// How often each of these happened, from this day on. What is sealed was counted then; the rest is counted now, in the
/// same statement, so that an event which is sealed at this moment counts once. A sign-up that made no account, for its
/// address had one, is none.
pub async fn per_day(db: impl Conn<'_>, kinds: [Kind; 4], from_day: i64) -> sqlx::Result<Vec<DayRow>> {
    let [a, b, c, d]: [&str; 4] = kinds.map(Kind::into);
    let statement = "select day, event, cast(sum(times) as bigint) as times from ( select day, event, count as times \
                     from daily_counts where day >= $1 union all select at / 86400000 as day, event, count(*) as times \
                     from audit_events where seq is null and at >= $1 * 86400000 and not (event = 'signed_up' and \
                     subject = '') group by at / 86400000, event ) as counted where event in ($2, $3, $4, $5) group by \
                     day, event";
    sqlx::query_as(statement).bind(from_day).bind(a).bind(b).bind(c).bind(d).fetch_all(db).await
}

pub async fn count_all(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<Counted> {
    sqlx::query_as(
        "select count(*) as people, count(verified_at) as confirmed, count(disabled_at) as disabled, \
         (select count(*) from totp where confirmed_at is not null) as with_second_factor, \
         (select count(*) from sessions where ended_at is null and global_epoch = (select max(epoch) from global_epoch) \
         and expires_at > $1 and idle_expires_at > $1) as live_sessions from users where deleted_at is null",
    )
    .bind(now_ms)
    .fetch_one(db)
    .await
}

/// [`AWAY`], the mark of the Lab, or nothing.
pub async fn first_steps(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<String> {
    sqlx::query_scalar("select first_steps from users where id = $1").bind(user_id).fetch_one(db).await
}

/// The list is not shown to this administrator any more.
pub const AWAY: &str = "away";

/// What was put away stays so.
pub async fn keep_first_steps(db: impl Conn<'_>, user_id: &str, kept: &str) -> sqlx::Result<()> {
    let statement = "update users set first_steps = $2 where id = $1 and first_steps <> $3";
    sqlx::query(statement).bind(user_id).bind(kept).bind(AWAY).run(db).await
}

/// Whether anybody has an account besides this user, and whether a mail has gone out that is remembered.
pub async fn others_and_mail(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<(bool, bool)> {
    let statement = "select (select count(*) from (select id from users where deleted_at is null and id <> $1 limit 1) \
                     as others), (select count(*) from (select id from outbox where sent_at is not null and last_error \
                     = '' limit 1) as sent)";
    let (others, sent): (i64, i64) = sqlx::query_as(statement).bind(user_id).fetch_one(db).await?;
    Ok((others > 0, sent > 0))
}

#[derive(Clone, Debug, FromRow)]
pub struct OutboxRow {
    pub waiting: i64,
    /// When the oldest of them was queued.
    pub oldest_at: Option<i64>,
    pub given_up: i64,
    pub sent: i64,
}

/// `sent`: after `since_ms`. Mails that were called off were not given up.
pub async fn outbox(db: impl Conn<'_>, since_ms: i64) -> sqlx::Result<OutboxRow> {
    let statement = "select count(*) as waiting, min(created_at) as oldest_at, (select count(*) from outbox where \
                     sent_at is null and given_up_at is not null and last_error <> 'called off') as given_up, (select \
                     count(*) from outbox where sent_at > $1 and last_error = '') as sent from outbox where sent_at is \
                     null and given_up_at is null";
    sqlx::query_as(statement).bind(since_ms).fetch_one(db).await
}

/// How many accounts (or known browsers of one) and networks have to wait at this moment. A wait of more than
/// `longest_ms` was set by a clock that has jumped back since, and counts for nothing.
pub async fn count_waiting(db: impl Conn<'_>, longest_ms: i64, now_ms: i64) -> sqlx::Result<(i64, i64)> {
    let statement = "select count(case when counts = $3 then 1 end), count(case when counts = $4 then 1 end) from \
                     throttles where free_at > $1 and free_at <= $2";
    sqlx::query_as(statement).bind(now_ms).bind(now_ms + longest_ms).bind(ACCOUNT).bind(NETWORK).fetch_one(db).await
}
