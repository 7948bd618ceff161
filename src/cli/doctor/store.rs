//! What only the doctor asks of the database. Server side; reads only.

use sqlx::postgres::PgListener;
use sqlx_macros::FromRow;

use crate::base::sql::{Change, Conn};

/// The clock of PostgreSQL, in milliseconds since the epoch.
pub async fn now_ms(db: impl Conn<'_>) -> sqlx::Result<i64> {
    let statement = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
    sqlx::query_scalar(statement).fetch_one(db).await
}

/// What PostgreSQL has to give, and what is taken by anybody.
#[derive(Clone, Debug, FromRow)]
pub struct Places {
    /// Connections that are not kept for its administrators.
    pub room: i64,
    pub taken: i64,
    /// 1: the role that we are may do everything in the whole cluster.
    pub superuser: i64,
}

pub async fn places(db: impl Conn<'_>) -> sqlx::Result<Places> {
    let statement = "select cast(current_setting('max_connections') as bigint) \
                     - cast(current_setting('superuser_reserved_connections') as bigint) as room, \
                     (select count(*) from pg_stat_activity where backend_type = 'client backend') as taken, \
                     (select count(*) from pg_roles where rolname = current_user and rolsuper) as superuser";
    sqlx::query_as(statement).fetch_one(db).await
}

pub async fn notify(db: impl Conn<'_>, channel: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_notify($1, '')").bind(channel).run(db).await
}

pub async fn listen(database_url: &str, channel: &str) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect(database_url).await?;
    listener.listen(channel).await?;
    Ok(listener)
}

/// Administrators who can log in, and those of them with two-factor authentication.
pub async fn administrators(db: impl Conn<'_>) -> sqlx::Result<(i64, i64)> {
    let statement = "select count(*), count(totp.confirmed_at) from users left join totp on totp.user_id = users.id \
                     where role = 'admin' and deleted_at is null and disabled_at is null";
    sqlx::query_as(statement).fetch_one(db).await
}

/// The sealed secrets of authenticator apps in use, with whose they are; not beyond ten thousand.
pub async fn some_second_factors(db: impl Conn<'_>) -> sqlx::Result<Vec<(String, String)>> {
    let statement = "select user_id, secret_sealed from totp where confirmed_at is not null limit 10000";
    sqlx::query_as(statement).fetch_all(db).await
}

#[derive(Clone, Debug, FromRow)]
pub struct ChainEnd {
    /// Events in the chain.
    pub seq: i64,
    pub mac: String,
    /// What the last event itself carries; `None`: it is missing.
    pub found: Option<String>,
    /// Events that are not sealed yet; not counted beyond ten thousand.
    pub unsealed: i64,
    /// When the oldest of them happened.
    pub oldest_at: Option<i64>,
}

pub async fn chain_end(db: impl Conn<'_>) -> sqlx::Result<ChainEnd> {
    let statement = "select audit_chain.seq, audit_chain.mac, audit_events.mac as found, waiting.unsealed, \
                     waiting.oldest_at from audit_chain left join audit_events on audit_events.seq = audit_chain.seq, \
                     (select count(*) as unsealed, min(at) as oldest_at from (select at from audit_events where seq is \
                     null order by id limit 10000) as oldest) as waiting where audit_chain.id = 1";
    sqlx::query_as(statement).fetch_one(db).await
}
