//! The sessions table. Server side.
//!
//! Only `insert` inserts; everything else changes a living row or nothing.

use sqlx::{FromRow, Row, any::AnyRow};
use sqlx_macros::FromRow;

use super::{
    LiveSession,
    session::{LogIn, SessionRow},
};
use crate::{
    auth::{
        revocations::EndReason,
        users::store::{User, user_columns},
    },
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
};

/// What to end.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The session of this browser, by the hash of its secret.
    Secret(&'a str),
    /// One session, by its public name.
    Session(&'a str),
    /// Everything of a user.
    User(&'a str),
    /// The tokens of a user, not the sessions: what they say is out of date, and the next ones say something else.
    Tokens(&'a str),
    /// The sessions of a user except one.
    Others { user_id: &'a str, keep: &'a str },
    /// The live sessions of a user beyond this number, the longest unused first.
    Surplus { user_id: &'a str, keep: i64 },
}

/// No one has ended it, alone or with all others; it may have timed out. The plus keeps SQLite, which knows no
/// statistics, from walking the index of all live sessions to find those of one user.
macro_rules! not_ended {
    () => {
        "ended_at is null and +global_epoch = (select max(epoch) from global_epoch)"
    };
}

macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "select sid, user_id, data, user_agent, ip, created_at, authenticated_at, overseen_at, last_seen_at, \
             idle_expires_at, expires_at, remembered_at, secret_role, global_epoch, amr, id_hash, rotated_at, secret_used_at, ended_at, \
             end_reason, (select min(raised_at) from global_epoch where epoch > sessions.global_epoch) as \
             everyone_out_at from sessions ",
            $rest
        )
    };
}

pub async fn insert(db: impl Conn<'_>, id_hash: &str, log_in: &LogIn, data: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into sessions (id_hash, sid, user_id, data, kind, user_agent, ip, created_at, authenticated_at, \
         last_seen_at, idle_expires_at, expires_at, remembered_at, secret_role, global_epoch, amr) \
         values ($1, $2, $3, $4, 'browser', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(id_hash)
    .bind(&log_in.sid)
    .bind(&log_in.user_id)
    .bind(data)
    .bind(&log_in.user_agent)
    .bind(&log_in.ip)
    .bind(log_in.created_at)
    .bind(log_in.authenticated_at)
    .bind(log_in.last_seen_at)
    .bind(log_in.idle_expires_at)
    .bind(log_in.expires_at)
    .bind(log_in.remembered_at)
    .bind(&log_in.secret_role)
    .bind(log_in.global_epoch)
    .bind(&log_in.amr)
    .run(db)
    .await
}

/// The epoch of everyone.
pub async fn global_epoch(db: impl Conn<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar("select max(epoch) from global_epoch").fetch_one(db).await
}

/// A session, dead or alive, and its user, unless the account was deleted.
pub struct Found {
    pub session: SessionRow,
    pub user: Option<User>,
}

impl FromRow<'_, AnyRow> for Found {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let has_user = row.try_get::<Option<String>, _>("id")?.is_some();
        let user = has_user.then(|| User::from_row(row)).transpose()?;
        Ok(Self { session: SessionRow::from_row(row)?, user })
    }
}

/// By its secret, or by the one before.
pub async fn find(db: impl Conn<'_>, id_hash: &str) -> sqlx::Result<Option<Found>> {
    let statement = concat!(
        "select found.*, ",
        user_columns!(),
        " from (",
        select_sessions!("where id_hash = $1 or previous_id_hash = $1"),
        ") as found left join users on users.id = found.user_id and users.deleted_at is null"
    );
    sqlx::query_as(statement).bind(id_hash).fetch_optional(db).await
}

/// Puts a new secret in the place of `before`, with the proof and the role that `log_in` names; `false` when `before`
/// is not the session's secret any more or the session has ended.
pub async fn rotate(db: impl Conn<'_>, before: &str, after: &str, log_in: &LogIn, now_ms: i64) -> sqlx::Result<bool> {
    sqlx::query(concat!(
        "update sessions set id_hash = $1, previous_id_hash = $2, rotated_at = $3, secret_used_at = null, \
         authenticated_at = $4, secret_role = $5 where id_hash = $2 and ",
        not_ended!()
    ))
    .bind(after)
    .bind(before)
    .bind(now_ms)
    .bind(log_in.authenticated_at)
    .bind(&log_in.secret_role)
    .hits(db)
    .await
}

/// Notes that the browser has the new secret, and later that it has stored it. By the secret and not by the session:
/// another rotation may have come in between, whose secret no one has used yet.
pub async fn note_secret_used(db: impl Conn<'_>, id_hash: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "update sessions set secret_used_at = $1 where id_hash = $2 and \
                     (secret_used_at is null or secret_used_at < $1)";
    sqlx::query(statement).bind(now_ms).bind(id_hash).run(db).await
}

/// Dead or alive, by its public name.
pub async fn find_by_sid(db: impl Conn<'_>, sid: &str) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query_as(select_sessions!("where sid = $1")).bind(sid).fetch_optional(db).await
}

/// Writes what the application keeps; `false` when the session has ended meanwhile.
pub async fn update_data(db: impl Conn<'_>, id_hash: &str, data: &str) -> sqlx::Result<bool> {
    let statement = concat!("update sessions set data = $1 where id_hash = $2 and ", not_ended!());
    sqlx::query(statement).bind(data).bind(id_hash).hits(db).await
}

/// Notes that a session was used.
pub async fn touch(db: impl Conn<'_>, sid: &str, now_ms: i64, idle_expires_at: i64) -> sqlx::Result<()> {
    let statement =
        concat!("update sessions set last_seen_at = $1, idle_expires_at = $2 where sid = $3 and ", not_ended!());
    sqlx::query(statement).bind(now_ms).bind(idle_expires_at).bind(sid).run(db).await
}

/// Notes that a page of administration was read.
pub async fn note_overseen(db: impl Conn<'_>, sid: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = concat!("update sessions set overseen_at = $1 where sid = $2 and ", not_ended!());
    sqlx::query(statement).bind(now_ms).bind(sid).run(db).await
}

/// Notes the end of the newest access token; `false` when the session has ended meanwhile, and then no token may
/// leave: this is what closes the race between minting and a force logout.
pub async fn note_token(db: impl Conn<'_>, sid: &str, token_expires_at: i64) -> sqlx::Result<bool> {
    // The later one: an instance with a longer life of tokens may have minted one before.
    sqlx::query(concat!(
        "update sessions set token_expires_at = case when token_expires_at > $1 then token_expires_at else $1 end \
         where sid = $2 and ",
        not_ended!()
    ))
    .bind(token_expires_at)
    .bind(sid)
    .hits(db)
    .await
}

/// The live sessions of a user, the last used first.
pub async fn live_of(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Vec<LiveSession>> {
    let rows: Vec<SessionRow> = sqlx::query_as(concat!(
        select_sessions!("where user_id = $1 and expires_at > $2 and idle_expires_at > $2 and "),
        not_ended!(),
        " order by last_seen_at desc"
    ))
    .bind(user_id)
    .bind(now_ms)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(SessionRow::into_live).collect())
}

/// A session that was ended just now.
#[derive(Clone, Debug, FromRow)]
pub struct EndedRow {
    pub sid: String,
    pub user_id: String,
    pub token_expires_at: Option<i64>,
    pub idle_expires_at: i64,
    pub expires_at: i64,
}

/// Puts the tombstone on what `target` names and is not ended yet.
pub async fn tombstone(
    tx: &mut Tx,
    target: Target<'_>,
    ended_by: &str,
    reason: EndReason,
    now_ms: i64,
) -> sqlx::Result<Vec<EndedRow>> {
    macro_rules! end_where {
        ($condition:literal) => {
            concat!(
                "update sessions set ended_at = $1, ended_by = $2, end_reason = $3 where ",
                not_ended!(),
                " and ",
                $condition,
                " returning sid, user_id, token_expires_at, idle_expires_at, expires_at"
            )
        };
    }
    let (statement, key) = match target {
        Target::Tokens(_) => return Ok(Vec::new()),
        Target::Secret(id_hash) => (end_where!("id_hash = $4"), id_hash),
        Target::Session(sid) => (end_where!("sid = $4"), sid),
        Target::User(id) => (end_where!("user_id = $4"), id),
        Target::Others { user_id, .. } => (end_where!("user_id = $4 and sid <> $5"), user_id),
        // SQLite takes no offset without a limit; this one is beyond what a user can have.
        Target::Surplus { user_id, .. } => (
            end_where!(
                "user_id = $4 and sid in (select sid from sessions where user_id = $4 and ended_at is null and \
                 expires_at > $1 and idle_expires_at > $1 order by last_seen_at desc, sid desc limit 1000000 offset $5)"
            ),
            user_id,
        ),
    };
    let query = sqlx::query_as(statement).bind(now_ms).bind(ended_by).bind(reason.into_str()).bind(key);
    let query = match target {
        Target::Others { keep, .. } => query.bind(keep),
        Target::Surplus { keep, .. } => query.bind(keep),
        Target::Secret(_) | Target::Session(_) | Target::User(_) | Target::Tokens(_) => query,
    };
    query.fetch_all(&mut **tx).await
}

/// On PostgreSQL locks the live sessions of a user until the transaction ends, for who takes the lock of the
/// revocations before ending them: everyone else takes it after those of the sessions.
pub async fn lock_of(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<()> {
    let statement = "update sessions set ended_at = ended_at where user_id = $1 and ended_at is null";
    sqlx::query(statement).bind(user_id).run(db).await
}

/// How many sessions of a user are live.
pub async fn count_live(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(concat!(
        "select count(*) from sessions where user_id = $1 and expires_at > $2 and idle_expires_at > $2 and ",
        not_ended!()
    ))
    .bind(user_id)
    .bind(now_ms)
    .fetch_one(db)
    .await
}

/// Sessions are kept a month beyond their latest possible end, so that the login page can say why, and a clock that jumped deletes nothing
/// alive.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;

/// Removes rows that ended so long ago that no one will ask why.
pub async fn delete_old(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from sessions where expires_at < $1").bind(now_ms - KEEP_MS).count(db).await
}

/// Removes sessions of a user that are over, but for the newest of them.
pub async fn delete_over_beyond(db: impl Conn<'_>, user_id: &str, keep: i64, now_ms: i64) -> sqlx::Result<()> {
    let statement = "delete from sessions where user_id = $1 and (ended_at is not null or expires_at <= $2 or \
                     idle_expires_at <= $2) and sid not in (select sid from sessions where user_id = $1 and (ended_at \
                     is not null or expires_at <= $2 or idle_expires_at <= $2) order by created_at desc, sid desc \
                     limit $3)";
    sqlx::query(statement).bind(user_id).bind(now_ms).bind(keep).run(db).await
}

/// Whether this session has not been ended.
pub async fn is_live(db: impl Conn<'_>, sid: &str) -> sqlx::Result<bool> {
    sqlx::query(concat!("select sid from sessions where sid = $1 and ", not_ended!())).bind(sid).finds(db).await
}
