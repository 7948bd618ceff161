//! What belongs to one account, wherever it stands, to be handed out; `people/deletion/store.rs` erases the same. And the
//! address that it is to have. Server side.

use sqlx_macros::FromRow;

use crate::{
    auth::links::Purpose,
    base::sql::{Change, Conn},
};

/// A session as the person gets it, without its secrets.
#[derive(Clone, Debug, FromRow)]
pub struct SessionRow {
    pub sid: String,
    pub user_agent: String,
    pub ip: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
}

/// Sessions that there is a row of, ended ones too, the newest first: those before `(created_at, sid)`.
pub async fn sessions(
    db: impl Conn<'_>,
    user_id: &str,
    (at, sid): (i64, &str),
    limit: i64,
) -> sqlx::Result<Vec<SessionRow>> {
    let statement = "select sid, user_agent, ip, created_at, last_seen_at, expires_at, ended_at, end_reason from \
                     sessions where user_id = $1 and (created_at, sid) < ($2, $3) order by created_at desc, sid desc \
                     limit $4";
    sqlx::query_as(statement).bind(user_id).bind(at).bind(sid).bind(limit).fetch_all(db).await
}

/// A browser that the user has logged in from, without its secret.
#[derive(Clone, Debug, FromRow)]
pub struct DeviceRow {
    pub public_id: String,
    pub user_agent: String,
    pub ip: String,
    pub first_seen_at: i64,
    pub last_seen_at: i64,
    pub trusted_until: Option<i64>,
}

/// In the order in which they were first seen, those after `(first_seen_at, public_id)`.
pub async fn devices(
    db: impl Conn<'_>,
    user_id: &str,
    (at, public_id): (i64, &str),
    limit: i64,
) -> sqlx::Result<Vec<DeviceRow>> {
    let statement = "select public_id, user_agent, ip, first_seen_at, last_seen_at, trusted_until from known_devices \
                     where user_id = $1 and (first_seen_at, public_id) > ($2, $3) order by first_seen_at, public_id \
                     limit $4";
    sqlx::query_as(statement).bind(user_id).bind(at).bind(public_id).bind(limit).fetch_all(db).await
}

/// An address that an account is to have.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct EmailChange {
    pub email: String,
    pub asked_at: i64,
}

/// Remembers the address that an account is to have, in place of one before.
pub async fn remember_email_change(db: impl Conn<'_>, user_id: &str, email: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = "insert into email_changes (user_id, email, asked_at) values ($1, $2, $3) \
                     on conflict (user_id) do update set email = $2, asked_at = $3";
    sqlx::query(statement).bind(user_id).bind(email).bind(now_ms).run(db).await
}

/// The address that an account is to have, as long as a link to it may work.
pub async fn find_email_change(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Option<EmailChange>> {
    let statement = "select email, asked_at from email_changes where user_id = $1 and asked_at > $2";
    sqlx::query_as(statement).bind(user_id).bind(now_ms - Purpose::NewEmail.lifetime_ms()).fetch_optional(db).await
}

/// Forgets the addresses that no link works for any more.
pub async fn forget_old_email_changes(db: impl Conn<'_>, now_ms: i64) -> sqlx::Result<u64> {
    let before_ms = now_ms - Purpose::NewEmail.lifetime_ms();
    sqlx::query("delete from email_changes where asked_at <= $1").bind(before_ms).count(db).await
}

/// Every address at which this user was told of something as long ago as a "this was not me" link works, used or not.
pub async fn addresses_of(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Vec<String>> {
    let statement = "select distinct email from links where user_id = $1 and purpose = 'not_me' and expires_at > $2";
    sqlx::query_scalar(statement).bind(user_id).bind(now_ms).fetch_all(db).await
}

/// The address before the one that this user has now, as long as a link that was sent there works: of several, the one
/// that was theirs first.
pub async fn address_before(
    db: impl Conn<'_>,
    user_id: &str,
    email: &str,
    now_ms: i64,
) -> sqlx::Result<Option<String>> {
    let statement = "select email from links where user_id = $1 and email <> $2 and purpose = 'not_me' and used_at is \
                     null and expires_at > $3 order by created_at limit 1";
    sqlx::query_scalar(statement).bind(user_id).bind(email).bind(now_ms).fetch_optional(db).await
}
