//! The epoch of everyone, and how far the tombstones have followed it. Server side.

use sqlx_macros::FromRow;

use crate::{
    auth::revocations::EndReason,
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
};

/// A row of `global_epoch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Sweep {
    pub epoch: i64,
    pub raised_at: i64,
    /// User id, or `cli`.
    pub actor: String,
    /// That were live at that moment; `None`: not counted yet.
    pub sessions: Option<i64>,
    /// That carry their tombstone by now.
    pub marked: i64,
}

/// What was live of everyone.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Count {
    pub sessions: i64,
    /// Of them those whose newest access token was live.
    pub tokens: i64,
    /// Of applications, and how many had any access.
    pub refresh_tokens: i64,
    pub applications: i64,
}

/// What this epoch has ended: the sessions of the one before; those of older ones were over. Exact before anything is
/// marked, since none of them changes any more.
pub async fn count(db: impl Conn<'_>, epoch: i64, raised_at: i64) -> sqlx::Result<Count> {
    let statement = "select s.sessions, s.tokens, g.refresh_tokens, g.applications from (select count(*) as sessions, \
                     count(case when token_expires_at > $2 then 1 end) as tokens from sessions where global_epoch = $1 \
                     - 1 and ended_at is null and expires_at > $2 and idle_expires_at > $2) as s, (select count(case \
                     when refresh_until > $2 then 1 end) as refresh_tokens, count(distinct client_id) as applications \
                     from grants where global_epoch = $1 - 1 and told_at is null and ended_at is null) as g";
    sqlx::query_as(statement).bind(epoch).bind(raised_at).fetch_one(db).await
}

/// Notes what was counted; marking begins with that.
pub async fn set_sessions(db: impl Conn<'_>, epoch: i64, sessions: i64) -> sqlx::Result<()> {
    let statement = "update global_epoch set sessions = $2 where epoch = $1 and sessions is null";
    sqlx::query(statement).bind(epoch).bind(sessions).run(db).await
}

/// Raises the epoch and returns the new one. The caller holds the lock of the revocations.
pub async fn raise(tx: &mut Tx, actor: &str, raised_at: i64) -> sqlx::Result<i64> {
    let statement = "insert into global_epoch (epoch, raised_at, actor, marked) \
                     select max(epoch) + 1, $1, $2, 0 from global_epoch returning epoch";
    sqlx::query_scalar(statement).bind(raised_at).bind(actor).fetch_one(&mut **tx).await
}

/// Takes one session along into the new epoch.
pub async fn keep(tx: &mut Tx, sid: &str, epoch: i64) -> sqlx::Result<()> {
    let statement = "update sessions set global_epoch = $2 where sid = $1 and ended_at is null";
    sqlx::query(statement).bind(sid).bind(epoch).run(&mut **tx).await
}

/// The oldest that is not finished.
pub async fn unfinished(db: impl Conn<'_>) -> sqlx::Result<Option<Sweep>> {
    let statement = "select epoch, raised_at, actor, sessions, marked from global_epoch where finished_at is null \
                     order by epoch limit 1";
    sqlx::query_as(statement).fetch_optional(db).await
}

/// Locks the row, so that of several instances one marks at a time; `false` when it is finished by now.
pub async fn lock(tx: &mut Tx, epoch: i64) -> sqlx::Result<bool> {
    let statement = "update global_epoch set marked = marked where epoch = $1 and finished_at is null";
    sqlx::query(statement).bind(epoch).hits(&mut **tx).await
}

/// Puts the tombstone on some sessions that were over with this epoch, and returns how many they were. One that had
/// timed out before says so.
pub async fn mark(tx: &mut Tx, sweep: &Sweep, limit: i64) -> sqlx::Result<i64> {
    let result = sqlx::query(
        "update sessions set \
         ended_at = case when expires_at <= $2 or idle_expires_at <= $2 \
         then case when expires_at < idle_expires_at then expires_at else idle_expires_at end else $2 end, \
         ended_by = case when expires_at <= $2 or idle_expires_at <= $2 then '' else $3 end, \
         end_reason = case when idle_expires_at <= $2 and idle_expires_at < expires_at then $5 \
         when expires_at <= $2 then $6 else $4 end \
         where sid in (select sid from sessions where global_epoch < $1 and ended_at is null limit $7)",
    )
    .bind(sweep.epoch)
    .bind(sweep.raised_at)
    .bind(&sweep.actor)
    .bind(EndReason::EveryoneLoggedOut.into_str())
    .bind(EndReason::Idle.into_str())
    .bind(EndReason::Expired.into_str())
    .bind(limit)
    .execute(&mut **tx)
    .await?;
    Ok(i64::try_from(result.rows_affected()).unwrap_or(i64::MAX))
}

/// Adds to the number of marked sessions. Zero: the sweep is finished.
pub async fn note(tx: &mut Tx, epoch: i64, marked: i64, now_ms: i64) -> sqlx::Result<()> {
    let statement =
        "update global_epoch set marked = marked + $2, finished_at = case when $2 = 0 then $3 end where epoch = $1";
    sqlx::query(statement).bind(epoch).bind(marked).bind(now_ms).run(&mut **tx).await
}
