//! The tables of what users have let applications do, and of the codes and refresh tokens that came of it. Server side.

use sqlx_macros::FromRow;

use crate::{
    auth::{
        grants::{ended_columns, store::EndedGrant, was_only_a_logout},
        revocations::EndReason,
    },
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
};

#[derive(Clone, Debug, Default, FromRow)]
pub struct GrantRow {
    pub id: String,
    pub client_id: String,
    pub user_id: String,
    /// Of the session that it ends with; empty: it outlives it.
    pub sid: String,
    /// Of the session that the user was logged in with.
    pub log_in_sid: String,
    pub scopes: String,
    pub resource: String,
    /// In seconds.
    pub auth_time: i64,
    pub global_epoch: i64,
    pub user_agent: String,
    pub ip: String,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

macro_rules! grants {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, client_id, user_id, sid, log_in_sid, scopes, resource, auth_time, global_epoch, user_agent, ip, \
             created_at, last_used_at ",
            $after
        )
    };
}

/// No one has ended it, alone or with everyone.
macro_rules! not_over {
    () => {
        "ended_at is null and global_epoch = (select max(epoch) from global_epoch)"
    };
}

pub async fn insert_grant(db: impl Conn<'_>, row: &GrantRow) -> sqlx::Result<()> {
    let statement =
        grants!("insert into grants (", ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
    let query = sqlx::query(statement).bind(&row.id).bind(&row.client_id).bind(&row.user_id).bind(&row.sid);
    let query = query.bind(&row.log_in_sid).bind(&row.scopes).bind(&row.resource).bind(row.auth_time);
    let query = query.bind(row.global_epoch).bind(&row.user_agent).bind(&row.ip).bind(row.created_at);
    query.bind(row.last_used_at).run(db).await
}

/// Notes the use of a grant and returns it, locked until the transaction ends; `None` when it is over.
pub async fn use_grant(db: impl Conn<'_>, id: &str, now_ms: i64) -> sqlx::Result<Option<GrantRow>> {
    let statement =
        concat!("update grants set last_used_at = $1 where id = $2 and ", not_over!(), grants!(" returning", ""));
    sqlx::query_as(statement).bind(now_ms).bind(id).fetch_optional(db).await
}

pub async fn living_grant(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<GrantRow>> {
    let statement = concat!(grants!("select", "from grants where id = $1 and "), not_over!());
    sqlx::query_as(statement).bind(id).fetch_optional(db).await
}

/// What the user lets applications do, the last used first; a code that no one has redeemed yet gives nothing, and no more
/// does what has run out.
pub async fn grants_of(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Vec<GrantRow>> {
    let statement = concat!(
        grants!("select", "from grants where user_id = $1 and last_used_at is not null and "),
        not_over!(),
        " and ((sid = '' and refresh_until > $2) or exists (select 1 from sessions s where s.sid = grants.sid and \
         s.ended_at is null and s.expires_at > $2 and s.idle_expires_at > $2)) order by last_used_at desc, id desc"
    );
    sqlx::query_as(statement).bind(user_id).bind(now_ms).fetch_all(db).await
}

/// What the user has agreed to for good, of one application, or of all where none is named: web servers are not asked about
/// again because of a logout. Whatever else has ended a grant takes that back.
pub async fn agreed(db: impl Conn<'_>, user_id: &str, client_id: &str) -> sqlx::Result<Vec<GrantRow>> {
    let statement = concat!(
        grants!(
            "select",
            "from grants where user_id = $1 and $2 in ('', client_id) and last_used_at is not null and (ended_at is null or "
        ),
        was_only_a_logout!(),
        ") and global_epoch = (select max(epoch) from global_epoch) and \
         client_id in (select id from clients where kind = 'web' and name <> '') order by last_used_at desc, id desc"
    );
    sqlx::query_as(statement).bind(user_id).bind(client_id).fetch_all(db).await
}

/// When one is made, or redeemed: ends those of its kind beyond this number that its application has of its user, the longest
/// unused first. What goes on without the session does not give way to what ends with it, nor what is in use to a code.
pub async fn end_surplus(db: impl Conn<'_>, new: &GrantRow, keep: i64) -> sqlx::Result<Vec<String>> {
    // The outer condition is asked again where one is redeemed meanwhile, the inner one is not.
    let statement = "update grants set ended_at = $1, end_reason = $2 where (case when last_used_at is null then 0 else 1 end) = $7 \
         and id in (select id from grants where client_id = $3 and user_id = $4 and ended_at is null and \
         (case when sid = '' then 1 else 0 end) = $6 and (case when last_used_at is null then 0 else 1 end) = $7 \
         order by coalesce(last_used_at, created_at) desc, id desc limit 1000 offset $5) returning id";
    let query = sqlx::query_scalar(statement).bind(new.last_used_at.unwrap_or(new.created_at));
    let query = query.bind(EndReason::GaveWay.into_str()).bind(&new.client_id).bind(&new.user_id).bind(keep);
    query.bind(i64::from(new.sid.is_empty())).bind(i64::from(new.last_used_at.is_some())).fetch_all(db).await
}

/// Ends one grant; returns its id, unless it has ended already.
pub async fn end_grant(db: impl Conn<'_>, id: &str, reason: EndReason, now_ms: i64) -> sqlx::Result<Vec<String>> {
    let statement = "update grants set ended_at = $1, end_reason = $2 where id = $3 and ended_at is null returning id";
    sqlx::query_scalar(statement).bind(now_ms).bind(reason.into_str()).bind(id).fetch_all(db).await
}

/// Ends what a user lets one application do, with a grant that one alone; returns also what had ended and the application was
/// not told of.
pub async fn end_grants(
    db: impl Conn<'_>,
    user_id: &str,
    client_id: &str,
    grant_id: &str,
    now_ms: i64,
) -> sqlx::Result<Vec<EndedGrant>> {
    let statement = concat!(
        "update grants set ended_at = coalesce(ended_at, $1), end_reason = coalesce(end_reason, $2), told_at = $1 \
         where user_id = $3 and client_id = $4 and ($5 = '' or id = $5) and told_at is null returning ",
        ended_columns!()
    );
    let query = sqlx::query_as(statement).bind(now_ms).bind(EndReason::ByUser.into_str());
    query.bind(user_id).bind(client_id).bind(grant_id).fetch_all(db).await
}

/// Ends what anyone lets an application do beyond their session.
pub async fn end_outliving(db: impl Conn<'_>, client_id: &str, now_ms: i64) -> sqlx::Result<Vec<EndedGrant>> {
    let statement = concat!(
        "update grants set ended_at = $1, end_reason = $2, told_at = $1 where client_id = $3 and sid = '' and ended_at is null \
         returning ",
        ended_columns!()
    );
    sqlx::query_as(statement).bind(now_ms).bind(EndReason::ByUser.into_str()).bind(client_id).fetch_all(db).await
}

/// Ends what anyone lets an application do, and what they had agreed to before.
pub async fn end_all_of(db: impl Conn<'_>, client_id: &str, now_ms: i64) -> sqlx::Result<()> {
    let statement = concat!(
        "update grants set ended_at = coalesce(ended_at, $1), end_reason = $2 where client_id = $3 and (ended_at is null or ",
        was_only_a_logout!(),
        ")"
    );
    sqlx::query(statement).bind(now_ms).bind(EndReason::ByUser.into_str()).bind(client_id).run(db).await
}

#[derive(Clone, Debug, FromRow)]
pub struct CodeRow {
    pub grant_id: String,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: String,
    pub expires_at: i64,
}

pub async fn insert_code(db: impl Conn<'_>, hash: &str, code: &CodeRow) -> sqlx::Result<()> {
    let statement = "insert into authorization_codes (hash, grant_id, redirect_uri, challenge, nonce, expires_at) \
                     values ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(statement).bind(hash).bind(&code.grant_id).bind(&code.redirect_uri).bind(&code.challenge);
    query.bind(&code.nonce).bind(code.expires_at).run(db).await
}

pub async fn find_code(db: impl Conn<'_>, hash: &str) -> sqlx::Result<Option<CodeRow>> {
    let statement =
        "select grant_id, redirect_uri, challenge, nonce, expires_at from authorization_codes where hash = $1";
    sqlx::query_as(statement).bind(hash).fetch_optional(db).await
}

/// Of two that come at once, one gets it.
pub async fn use_code(db: impl Conn<'_>, hash: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "update authorization_codes set used_at = $1 where hash = $2 and used_at is null";
    sqlx::query(statement).bind(now_ms).bind(hash).hits(db).await
}

#[derive(Clone, Debug, FromRow)]
pub struct RefreshRow {
    pub grant_id: String,
    pub expires_at: i64,
    pub used_at: Option<i64>,
    pub used_from: String,
}

/// The next refresh token of a grant: unused, it works until then.
pub async fn insert_refresh(tx: &mut Tx, hash: &str, grant_id: &str, now_ms: i64, until: i64) -> sqlx::Result<()> {
    let statement =
        "insert into refresh_tokens (hash, grant_id, created_at, expires_at, used_from) values ($1, $2, $3, $4, '')";
    sqlx::query(statement).bind(hash).bind(grant_id).bind(now_ms).bind(until).run(&mut **tx).await?;
    let statement = "update grants set refresh_until = $1 where id = $2";
    sqlx::query(statement).bind(until).bind(grant_id).run(&mut **tx).await
}

pub async fn find_refresh(db: impl Conn<'_>, hash: &str) -> sqlx::Result<Option<RefreshRow>> {
    let statement = "select grant_id, expires_at, used_at, used_from from refresh_tokens where hash = $1";
    sqlx::query_as(statement).bind(hash).fetch_optional(db).await
}

/// Of any number that come at once, one makes the next.
pub async fn use_refresh(db: impl Conn<'_>, hash: &str, from: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "update refresh_tokens set used_at = $1, used_from = $2 where hash = $3 and used_at is null";
    sqlx::query(statement).bind(now_ms).bind(from).bind(hash).hits(db).await
}

/// The next grants of a user behind this id, in the order of their ids.
pub async fn grants_after(db: impl Conn<'_>, user_id: &str, after: &str) -> sqlx::Result<Vec<GrantRow>> {
    let statement = grants!("select", "from grants where user_id = $1 and id > $2 order by id limit 500");
    sqlx::query_as(statement).bind(user_id).bind(after).fetch_all(db).await
}
