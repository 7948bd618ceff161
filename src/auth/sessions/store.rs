//! The sessions table. Server side.
//!
//! Only `insert` inserts; everything else changes a living row or nothing.

use sqlx::{Any, Executor, FromRow};

use super::{
    Ended, LiveSession,
    session::{CookieState, GRACE_MS, LogIn, STORED_AFTER_MS, timed_out},
};
use crate::{
    auth::revocations::EndReason,
    base::{caller::device_words, db::Tx},
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

/// A row of `sessions`.
#[derive(Clone, Debug, FromRow)]
pub struct SessionRow {
    #[sqlx(flatten)]
    pub log_in: LogIn,
    /// What the application keeps in the session, as JSON.
    pub data: String,
    id_hash: String,
    rotated_at: Option<i64>,
    secret_used_at: Option<i64>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    /// When everyone was logged out, if that was after the session began.
    everyone_out_at: Option<i64>,
}

impl SessionRow {
    /// How the session ended, if it did.
    pub fn ended(&self, now_ms: i64) -> Option<Ended> {
        if let Some(at) = self.ended_at {
            let reason = self.end_reason.as_deref().and_then(|reason| reason.parse().ok());
            return Some(Ended { reason: reason.unwrap_or(EndReason::Expired), at });
        }
        let timed_out = timed_out(self.log_in.idle_expires_at, self.log_in.expires_at, now_ms);
        let with_all = self.everyone_out_at.map(|at| Ended { reason: EndReason::EveryoneLoggedOut, at });
        timed_out.into_iter().chain(with_all).min_by_key(|ended| ended.at)
    }

    /// How the secret with this hash, by which the row was found, stands to the session.
    pub fn secret(&self, id_hash: &str, now_ms: i64) -> CookieState {
        let Some(rotated_at) = self.rotated_at else { return CookieState::Current };
        let stored_at = rotated_at + STORED_AFTER_MS;
        match (id_hash == self.id_hash, self.secret_used_at) {
            (true, Some(used_at)) if used_at >= stored_at || now_ms < stored_at => CookieState::Current,
            (true, _) => CookieState::New,
            (false, _) if now_ms < rotated_at + GRACE_MS => CookieState::InGrace,
            (false, Some(used_at)) if used_at >= stored_at => CookieState::Copied,
            (false, Some(_)) => CookieState::NotStored,
            (false, None) => CookieState::Lost,
        }
    }

    /// As lists show it.
    pub fn into_live(self) -> LiveSession {
        let LogIn { sid, user_agent, ip, created_at, last_seen_at, expires_at, remembered_at, .. } = self.log_in;
        let (device, remembered) = (device_words(&user_agent), remembered_at.is_some());
        LiveSession { sid, device, ip, created_at, last_seen_at, expires_at, remembered }
    }
}

/// Nobody has ended it, alone or with all others; it may have timed out. The plus keeps SQLite, which knows no
/// statistics, from walking the index of all live sessions to find those of one user.
macro_rules! not_ended {
    () => {
        "ended_at is null and +global_epoch = (select max(epoch) from global_epoch)"
    };
}

macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "select sid, user_id, data, user_agent, ip, created_at, authenticated_at, last_seen_at, idle_expires_at, \
             expires_at, remembered_at, secret_role, global_epoch, id_hash, rotated_at, secret_used_at, ended_at, \
             end_reason, (select min(raised_at) from global_epoch where epoch > sessions.global_epoch) as \
             everyone_out_at from sessions ",
            $rest
        )
    };
}

pub async fn insert(
    db: impl Executor<'_, Database = Any>,
    id_hash: &str,
    log_in: &LogIn,
    data: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sessions (id_hash, sid, user_id, data, kind, user_agent, ip, created_at, authenticated_at, \
         last_seen_at, idle_expires_at, expires_at, remembered_at, secret_role, global_epoch) \
         values ($1, $2, $3, $4, 'browser', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
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
    .execute(db)
    .await
    .map(|_| ())
}

/// The epoch of everybody.
pub async fn global_epoch(db: impl Executor<'_, Database = Any>) -> Result<i64, sqlx::Error> {
    let (epoch,): (i64,) = sqlx::query_as("select max(epoch) from global_epoch").fetch_one(db).await?;
    Ok(epoch)
}

/// Dead or alive, by its secret or by the one before.
pub async fn find(db: impl Executor<'_, Database = Any>, id_hash: &str) -> Result<Option<SessionRow>, sqlx::Error> {
    sqlx::query_as(select_sessions!("where id_hash = $1 or previous_id_hash = $1"))
        .bind(id_hash)
        .fetch_optional(db)
        .await
}

/// Puts a new secret in the place of `before`, with the proof and the role that `log_in` names; `false` when `before`
/// is not the session's secret any more or the session has ended.
pub async fn rotate(
    db: impl Executor<'_, Database = Any>,
    before: &str,
    after: &str,
    log_in: &LogIn,
    now_ms: i64,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(concat!(
        "update sessions set id_hash = $1, previous_id_hash = $2, rotated_at = $3, secret_used_at = null, \
         authenticated_at = $4, secret_role = $5 where id_hash = $2 and ",
        not_ended!()
    ))
    .bind(after)
    .bind(before)
    .bind(now_ms)
    .bind(log_in.authenticated_at)
    .bind(&log_in.secret_role)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes that the browser has the new secret, and later that it has stored it. By the secret and not by the session:
/// another rotation may have come in between, whose secret nobody has used yet.
pub async fn note_secret_used(
    db: impl Executor<'_, Database = Any>,
    id_hash: &str,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    let statement = "update sessions set secret_used_at = $1 where id_hash = $2 and \
                     (secret_used_at is null or secret_used_at < $1)";
    sqlx::query(statement).bind(now_ms).bind(id_hash).execute(db).await.map(|_| ())
}

/// Dead or alive, by its public name.
pub async fn find_by_sid(db: impl Executor<'_, Database = Any>, sid: &str) -> Result<Option<SessionRow>, sqlx::Error> {
    sqlx::query_as(select_sessions!("where sid = $1")).bind(sid).fetch_optional(db).await
}

/// Writes what the application keeps; `false` when the session has ended meanwhile.
pub async fn update_data(
    db: impl Executor<'_, Database = Any>,
    id_hash: &str,
    data: &str,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(concat!("update sessions set data = $1 where id_hash = $2 and ", not_ended!()))
        .bind(data)
        .bind(id_hash)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes that a session was used; `false` when it has ended meanwhile.
pub async fn touch(
    db: impl Executor<'_, Database = Any>,
    sid: &str,
    now_ms: i64,
    idle_expires_at: i64,
) -> Result<bool, sqlx::Error> {
    let statement =
        concat!("update sessions set last_seen_at = $1, idle_expires_at = $2 where sid = $3 and ", not_ended!());
    let result = sqlx::query(statement).bind(now_ms).bind(idle_expires_at).bind(sid).execute(db).await?;
    Ok(result.rows_affected() == 1)
}

/// Notes the end of the newest access token; `false` when the session has ended meanwhile, and then no token may
/// leave: this is what closes the race between minting and a force-logout.
pub async fn note_token(
    db: impl Executor<'_, Database = Any>,
    sid: &str,
    token_expires_at: i64,
) -> Result<bool, sqlx::Error> {
    // The later one: an instance with a longer life of tokens may have minted one before.
    let result = sqlx::query(concat!(
        "update sessions set token_expires_at = case when token_expires_at > $1 then token_expires_at else $1 end \
         where sid = $2 and ",
        not_ended!()
    ))
    .bind(token_expires_at)
    .bind(sid)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The live sessions of a user, the last used first.
pub async fn live_of(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    now_ms: i64,
) -> Result<Vec<SessionRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        select_sessions!("where user_id = $1 and expires_at > $2 and idle_expires_at > $2 and "),
        not_ended!(),
        " order by last_seen_at desc"
    ))
    .bind(user_id)
    .bind(now_ms)
    .fetch_all(db)
    .await
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
) -> Result<Vec<EndedRow>, sqlx::Error> {
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
/// revocations before ending them: everybody else takes it after those of the sessions.
pub async fn lock_of(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<(), sqlx::Error> {
    let statement = "update sessions set ended_at = ended_at where user_id = $1 and ended_at is null";
    sqlx::query(statement).bind(user_id).execute(db).await.map(|_| ())
}

/// When a user was seen last, by the sessions that there are rows of.
pub async fn last_seen(db: impl Executor<'_, Database = Any>, user_id: &str) -> Result<Option<i64>, sqlx::Error> {
    let (at,): (Option<i64>,) =
        sqlx::query_as("select max(last_seen_at) from sessions where user_id = $1").bind(user_id).fetch_one(db).await?;
    Ok(at)
}

/// How many sessions of a user are live.
pub async fn count_live(db: impl Executor<'_, Database = Any>, user_id: &str, now_ms: i64) -> Result<i64, sqlx::Error> {
    let (count,): (i64,) = sqlx::query_as(concat!(
        "select count(*) from sessions where user_id = $1 and expires_at > $2 and idle_expires_at > $2 and ",
        not_ended!()
    ))
    .bind(user_id)
    .bind(now_ms)
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// Ended sessions are kept a month, so that the log-in page can say why, and a clock that jumped deletes nothing
/// alive.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;

/// Removes rows that ended so long ago that nobody will ask why.
pub async fn delete_old(db: impl Executor<'_, Database = Any>, now_ms: i64) -> Result<u64, sqlx::Error> {
    let result = sqlx::query("delete from sessions where expires_at < $1").bind(now_ms - KEEP_MS).execute(db).await?;
    Ok(result.rows_affected())
}

/// Removes sessions of a user that are over, but for the newest of them.
pub async fn delete_over_beyond(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    keep: i64,
    now_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from sessions where user_id = $1 and (ended_at is not null or expires_at <= $2 or idle_expires_at <= $2) \
         and sid not in (select sid from sessions where user_id = $1 \
         and (ended_at is not null or expires_at <= $2 or idle_expires_at <= $2) order by created_at desc, sid desc limit $3)",
    )
    .bind(user_id)
    .bind(now_ms)
    .bind(keep)
    .execute(db)
    .await
    .map(|_| ())
}

/// Whether this session has not been ended.
pub async fn is_live(db: impl Executor<'_, Database = Any>, sid: &str) -> Result<bool, sqlx::Error> {
    let row: Option<(String,)> = sqlx::query_as(concat!("select sid from sessions where sid = $1 and ", not_ended!()))
        .bind(sid)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}
