//! Live sessions of everyone, the newest first. Server side; reads only.

use sqlx::QueryBuilder;
use sqlx_macros::FromRow;

use super::{LiveSession, SessionRow};
use crate::base::{caller::device_words, sql::Conn};

#[derive(Clone, Debug, FromRow)]
pub struct FoundRow {
    pub sid: String,
    user_id: String,
    name: String,
    email: String,
    user_agent: String,
    pub ip: String,
    pub created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    remembered_at: Option<i64>,
}

impl From<FoundRow> for SessionRow {
    fn from(row: FoundRow) -> Self {
        let FoundRow { sid, user_id, name, email, user_agent, ip, created_at, last_seen_at, expires_at, remembered_at } =
            row;
        let (device, remembered) = (device_words(&user_agent), remembered_at.is_some());
        let session = LiveSession { sid, device, ip, created_at, last_seen_at, expires_at, remembered };
        Self { session, user_id, name, email }
    }
}

/// Which ones. All times are milliseconds since the epoch.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Begun at this moment or later,
    pub from: i64,
    /// and before this session, by its time and its sid.
    pub before: (i64, &'a str),
    pub limit: i64,
    pub now_ms: i64,
}

/// Of whom, or from where.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    Everyone,
    User(&'a str),
    /// A network address.
    Ip(&'a str),
}

pub async fn live(db: impl Conn<'_>, of: Of<'_>, wanted: &Wanted<'_>) -> sqlx::Result<Vec<FoundRow>> {
    // With the column of the epoch as it is, SQLite walks the index of all live sessions, which is in the order asked for;
    // with a plus it does not.
    let (epoch, condition, value) = match of {
        Of::Everyone => ("global_epoch", "$6 = ''", ""),
        Of::User(id) => ("+global_epoch", "user_id = $6", id),
        Of::Ip(ip) => ("global_epoch", "ip = $6", ip),
    };
    let Wanted { from, before: (at, sid), limit, now_ms } = *wanted;
    QueryBuilder::new(format!(
        "select sid, user_id, name, email, user_agent, ip, sessions.created_at as created_at, last_seen_at, expires_at, \
         remembered_at from sessions join users on users.id = sessions.user_id \
         where {epoch} = (select max(epoch) from global_epoch) and ended_at is null \
         and expires_at > $1 and idle_expires_at > $1 and sessions.created_at >= $2 \
         and (sessions.created_at, sid) < ($3, $4) and {condition} order by sessions.created_at desc, sid desc limit $5"
    ))
    .build_query_as()
    .bind(now_ms)
    .bind(from)
    .bind(at)
    .bind(sid)
    .bind(limit)
    .bind(value)
    .fetch_all(db)
    .await
}
