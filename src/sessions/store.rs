//! The sessions table, and tower-sessions' store on top of it. Server side.
//!
//! Only `create` inserts. `save` updates a living row or fails: with an upsert, a request that was under way during
//! a force-logout writes the session back at its end, and the old cookie works again (CVE-2025-46336).

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sqlx::{Any, Executor, FromRow};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{
    Ended, LiveSession,
    end::{Ender, Ending, Target},
    session::{ENDED, LOG_IN, LogIn, timed_out},
};
use crate::{db::Tx, revocations::EndReason, web::caller::device_words};

type Data = HashMap<String, serde_json::Value>;

/// Sessions in the database, by the SHA-256 of their secret.
#[derive(Clone)]
pub struct Sessions {
    pub ender: Ender,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Refuses a record without a log-in: visitors make no rows.
    async fn create(&self, record: &mut Record) -> Result<()> {
        let log_in = record.data.get(LOG_IN).cloned().ok_or_else(|| Error::Backend("no log-in to store".into()))?;
        let log_in: LogIn = serde_json::from_value(log_in).map_err(decode)?;
        let data = encode(&record.data)?;
        insert(&self.ender.state.db.pool, &hash(&record.id), &log_in, &data).await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = encode(&record.data)?;
        let saved = update_data(&self.ender.state.db.pool, &hash(&record.id), &data).await.map_err(backend)?;
        if saved { Ok(()) } else { Err(Error::Backend("the session has ended".into())) }
    }

    /// A dead session is loaded too, but holds nothing except why it ended: the log-in page says so.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let state = &self.ender.state;
        let Some(row) = find(&state.db.pool, &hash(id)).await.map_err(backend)? else { return Ok(None) };
        let mut record = Record { id: *id, data: Data::new(), expiry_date: OffsetDateTime::UNIX_EPOCH };
        match row.ended(state.clock.now_ms()) {
            Some(ended) => {
                record.data.insert(
                    ENDED.into(),
                    serde_json::to_value(ended).map_err(|error| Error::Encode(error.to_string()))?,
                );
            }
            None => record.data = row.data()?,
        }
        Ok(Some(record))
    }

    /// Ends the session as a log-out does, its tokens included.
    async fn delete(&self, id: &Id) -> Result<()> {
        let ending = Ending::by_system(EndReason::LoggedOut);
        let ended = self.ender.end(Target::Secret(&hash(id)), ending).await;
        ended.map(|_| ()).map_err(|error| Error::Backend(error.to_string()))
    }
}

/// What is stored in place of the secret (a look-up by hash also leaks no timing, CVE-2019-16782).
fn hash(id: &Id) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, id.to_string().as_bytes()))
}

/// The log-in has columns of its own, so `data` holds the rest.
fn encode(data: &Data) -> Result<String> {
    let rest: HashMap<_, _> = data.iter().filter(|(key, _)| *key != LOG_IN).collect();
    serde_json::to_string(&rest).map_err(|error| Error::Encode(error.to_string()))
}

fn decode(error: serde_json::Error) -> Error {
    Error::Decode(error.to_string())
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

/// A row of `sessions`.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    pub sid: String,
    pub user_id: String,
    data: String,
    pub user_agent: String,
    pub ip: String,
    pub created_at: i64,
    pub authenticated_at: i64,
    pub last_seen_at: i64,
    pub idle_expires_at: i64,
    pub expires_at: i64,
    ended_at: Option<i64>,
    end_reason: Option<String>,
}

impl Row {
    fn ended(&self, now_ms: i64) -> Option<Ended> {
        match self.ended_at {
            Some(at) => {
                let reason = self.end_reason.as_deref().and_then(EndReason::from_text);
                Some(Ended { reason: reason.unwrap_or(EndReason::Expired), at })
            }
            None => timed_out(self.idle_expires_at, self.expires_at, now_ms),
        }
    }

    /// A blob that cannot be read is an empty one: the session still says who is logged in (ASVS 1.5.2).
    fn data(&self) -> Result<Data> {
        let mut data: Data = serde_json::from_str(&self.data).unwrap_or_default();
        let log_in = LogIn {
            sid: self.sid.clone(),
            user_id: self.user_id.clone(),
            user_agent: self.user_agent.clone(),
            ip: self.ip.clone(),
            created_at: self.created_at,
            authenticated_at: self.authenticated_at,
            last_seen_at: self.last_seen_at,
            idle_expires_at: self.idle_expires_at,
            expires_at: self.expires_at,
        };
        data.insert(LOG_IN.into(), serde_json::to_value(log_in).map_err(decode)?);
        Ok(data)
    }
}

impl Row {
    /// As lists show it.
    pub fn into_live(self) -> LiveSession {
        LiveSession {
            device: device_words(&self.user_agent),
            sid: self.sid,
            ip: self.ip,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            expires_at: self.expires_at,
        }
    }
}

macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "select sid, user_id, data, user_agent, ip, created_at, authenticated_at, last_seen_at, idle_expires_at, \
             expires_at, ended_at, end_reason from sessions ",
            $rest
        )
    };
}

async fn insert(
    db: impl Executor<'_, Database = Any>,
    id_hash: &str,
    log_in: &LogIn,
    data: &str,
) -> std::result::Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sessions (id_hash, sid, user_id, data, kind, user_agent, ip, created_at, authenticated_at, \
         last_seen_at, idle_expires_at, expires_at) values ($1, $2, $3, $4, 'browser', $5, $6, $7, $8, $9, $10, $11)",
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
    .execute(db)
    .await
    .map(|_| ())
}

async fn find(db: impl Executor<'_, Database = Any>, id_hash: &str) -> std::result::Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(select_sessions!("where id_hash = $1")).bind(id_hash).fetch_optional(db).await
}

/// `false` when the session has ended meanwhile.
async fn update_data(
    db: impl Executor<'_, Database = Any>,
    id_hash: &str,
    data: &str,
) -> std::result::Result<bool, sqlx::Error> {
    let result = sqlx::query("update sessions set data = $1 where id_hash = $2 and ended_at is null")
        .bind(data)
        .bind(id_hash)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes that a session was used; `false` when it has ended meanwhile.
///
/// # Errors
/// When the database does not take it.
pub async fn touch(
    db: impl Executor<'_, Database = Any>,
    sid: &str,
    now_ms: i64,
    idle_expires_at: i64,
) -> std::result::Result<bool, sqlx::Error> {
    let result =
        sqlx::query("update sessions set last_seen_at = $1, idle_expires_at = $2 where sid = $3 and ended_at is null")
            .bind(now_ms)
            .bind(idle_expires_at)
            .bind(sid)
            .execute(db)
            .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes the end of the newest access token; `false` when the session has ended meanwhile, and then no token may
/// leave: this is what closes the race between minting and a force-logout.
///
/// # Errors
/// When the database does not take it.
pub async fn note_token(
    db: impl Executor<'_, Database = Any>,
    sid: &str,
    token_expires_at: i64,
) -> std::result::Result<bool, sqlx::Error> {
    let result = sqlx::query("update sessions set token_expires_at = $1 where sid = $2 and ended_at is null")
        .bind(token_expires_at)
        .bind(sid)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// The live sessions of a user, the last used first.
///
/// # Errors
/// When the database cannot be read.
pub async fn live_of(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    now_ms: i64,
) -> std::result::Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(select_sessions!(
        "where user_id = $1 and ended_at is null and expires_at > $2 and idle_expires_at > $2 order by last_seen_at desc"
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
///
/// # Errors
/// When the database does not take it.
pub async fn tombstone(
    tx: &mut Tx,
    target: Target<'_>,
    ended_by: &str,
    reason: EndReason,
    now_ms: i64,
) -> std::result::Result<Vec<EndedRow>, sqlx::Error> {
    macro_rules! end_where {
        ($condition:literal) => {
            concat!(
                "update sessions set ended_at = $1, ended_by = $2, end_reason = $3 where ended_at is null and ",
                $condition,
                " = $4 returning sid, user_id, token_expires_at, idle_expires_at, expires_at"
            )
        };
    }
    let (statement, key) = match target {
        Target::Secret(id_hash) => (end_where!("id_hash"), id_hash),
        Target::Session(sid) => (end_where!("sid"), sid),
        Target::User(id) => (end_where!("user_id"), id),
    };
    sqlx::query_as(statement).bind(now_ms).bind(ended_by).bind(reason.as_text()).bind(key).fetch_all(&mut **tx).await
}

/// Removes rows that ended so long ago that nobody will ask why.
///
/// # Errors
/// When the database does not take it.
pub async fn delete_old(
    db: impl Executor<'_, Database = Any>,
    ended_before_ms: i64,
) -> std::result::Result<u64, sqlx::Error> {
    let result = sqlx::query("delete from sessions where expires_at < $1").bind(ended_before_ms).execute(db).await?;
    Ok(result.rows_affected())
}
