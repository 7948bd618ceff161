//! The tables of applications, of what users have let them do, and of the codes and refresh tokens in between. Server side.

use std::collections::HashMap;

use sqlx::{FromRow, Row, any::AnyRow};
use sqlx_macros::FromRow;

use super::{
    client::{Client, is_document},
    scope::Scopes,
};
use crate::{
    auth::grants::{ended_columns, store::EndedGrant, was_only_a_logout},
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
};

impl FromRow<'_, AnyRow> for Client {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let lines = |column| row.try_get(column).map(|text: &str| text.lines().map(str::to_owned).collect());
        let id: String = row.try_get("id")?;
        let owner_name: Option<String> = row.try_get("owner_name")?;
        Ok(Self {
            owner_id: row.try_get("owner_id")?,
            owner_name: owner_name.filter(|_| !is_document(&id)).unwrap_or_default(),
            owner_epoch: row.try_get("owner_epoch")?,
            name: row.try_get("name")?,
            // What no version knows gets nothing: it has no secret and no redirect.
            kind: row.try_get("kind").map(|text: &str| text.parse().unwrap_or_default())?,
            redirects: lines("redirects")?,
            logouts: lines("logouts")?,
            backchannel_logout_uri: row.try_get("backchannel_logout_uri")?,
            scopes: row.try_get("scopes").map(Scopes::stored)?,
            id_token_alg: row.try_get("id_token_alg")?,
            epoch: row.try_get("epoch")?,
            created_at: row.try_get("created_at")?,
            disabled_at: row.try_get("disabled_at")?,
            last_used_at: row.try_get("last_used_at")?,
            notice_at: row.try_get("notice_at")?,
            notice_failure: row.try_get("notice_failure")?,
            id,
        })
    }
}

macro_rules! select_clients {
    ($rest:literal) => {
        concat!(
            "select c.id, c.owner_id, c.name, c.kind, c.redirects, c.logouts, c.backchannel_logout_uri, c.scopes, c.epoch, \
             c.created_at, c.disabled_at, c.last_used_at, c.notice_at, c.notice_failure, c.id_token_alg, coalesce(u.name, 'Latchkey') as \
             owner_name, case when c.owner_id = '' then 0 when u.disabled_at is null and u.deleted_at is null and \
             u.waiting_since is null then u.epoch end as owner_epoch \
             from clients c left join users u on u.id = c.owner_id ",
            $rest
        )
    };
}

pub async fn insert_client(db: impl Conn<'_>, client: &Client) -> sqlx::Result<()> {
    sqlx::query(
        "insert into clients (id, owner_id, name, kind, redirects, logouts, scopes, epoch, created_at, \
         backchannel_logout_uri, id_token_alg) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&client.id)
    .bind(&client.owner_id)
    .bind(&client.name)
    .bind(client.kind.into_str())
    .bind(client.redirects.join("\n"))
    .bind(client.logouts.join("\n"))
    .bind(client.scopes.text())
    .bind(client.epoch)
    .bind(client.created_at)
    .bind(&client.backchannel_logout_uri)
    .bind(&client.id_token_alg)
    .run(db)
    .await
}

/// What an application is from now on, and its epoch, which is raised where it may do less.
pub async fn update_client(db: impl Conn<'_>, client: &Client, is_less: bool) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "update clients set name = $1, redirects = $2, logouts = $3, backchannel_logout_uri = $4, scopes = $5, \
         epoch = epoch + $6, id_token_alg = $8 where id = $7 returning epoch",
    )
    .bind(&client.name)
    .bind(client.redirects.join("\n"))
    .bind(client.logouts.join("\n"))
    .bind(&client.backchannel_logout_uri)
    .bind(client.scopes.text())
    .bind(i64::from(is_less))
    .bind(&client.id)
    .bind(&client.id_token_alg)
    .fetch_one(db)
    .await
}

/// Whether the document of this application was read since then.
pub async fn is_fresh(db: impl Conn<'_>, id: &str, since: i64) -> sqlx::Result<bool> {
    sqlx::query("select 1 from clients where id = $1 and fetched_at > $2").bind(id).bind(since).finds(db).await
}

/// Keeps what an application that no one has registered says of itself. Whether it is disabled it does not say.
pub async fn keep_document(db: impl Conn<'_>, client: &Client) -> sqlx::Result<()> {
    sqlx::query(
        "insert into clients (id, owner_id, name, kind, redirects, logouts, scopes, epoch, created_at, fetched_at, id_token_alg) \
         values ($1, '', $2, $3, $4, $5, $6, 0, $7, $7, $8) on conflict (id) do update set name = excluded.name, redirects = \
         excluded.redirects, logouts = excluded.logouts, scopes = excluded.scopes, fetched_at = excluded.fetched_at, \
         id_token_alg = excluded.id_token_alg",
    )
    .bind(&client.id)
    .bind(&client.name)
    .bind(client.kind.into_str())
    .bind(client.redirects.join("\n"))
    .bind(client.logouts.join("\n"))
    .bind(client.scopes.text())
    .bind(client.created_at)
    .bind(&client.id_token_alg)
    .run(db)
    .await
}

pub async fn find_client(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(select_clients!("where c.id = $1 and c.name <> ''")).bind(id).fetch_optional(db).await
}

/// Those of one owner, or of everyone where there is none, the newest first.
pub async fn list_clients(db: impl Conn<'_>, owner_id: Option<&str>, limit: i64) -> sqlx::Result<Vec<Client>> {
    sqlx::query_as(select_clients!(
        "where c.name <> '' and ($1 = '' or c.owner_id = $1) order by c.created_at desc, c.id desc limit $2"
    ))
    .bind(owner_id.unwrap_or_default())
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Those that this user has ever let do something, by ID.
pub async fn clients_of(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<HashMap<String, Client>> {
    let statement = select_clients!("where c.name <> '' and c.id in (select client_id from grants where user_id = $1)");
    let clients: Vec<Client> = sqlx::query_as(statement).bind(user_id).fetch_all(db).await?;
    Ok(clients.into_iter().map(|client| (client.id.clone(), client)).collect())
}

/// Those without a secret whose addresses have this text in them.
pub async fn public_clients_at(db: impl Conn<'_>, text: &str) -> sqlx::Result<Vec<Client>> {
    sqlx::query_as(select_clients!(
        "where c.kind in ('spa', 'native') and replace(c.redirects, $1, '') <> c.redirects limit 1000"
    ))
    .bind(text)
    .fetch_all(db)
    .await
}

pub async fn count_clients(db: impl Conn<'_>, owner_id: &str) -> sqlx::Result<i64> {
    let statement = "select count(*) from clients where owner_id = $1 and name <> ''";
    sqlx::query_scalar(statement).bind(owner_id).fetch_one(db).await
}

pub async fn touch_client(db: impl Conn<'_>, id: &str, now_ms: i64, before_ms: i64) -> sqlx::Result<()> {
    sqlx::query("update clients set last_used_at = $1 where id = $2 and (last_used_at is null or last_used_at < $3)")
        .bind(now_ms)
        .bind(id)
        .bind(before_ms)
        .run(db)
        .await
}

/// Disables an application, or enables it again, and returns its epoch; `None` where it is so already.
pub async fn set_disabled(db: impl Conn<'_>, id: &str, since: Option<i64>) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "update clients set disabled_at = $1, epoch = epoch + 1 where id = $2 and \
         (case when disabled_at is null then 0 else 1 end) <> $3 returning epoch",
    )
    .bind(since)
    .bind(id)
    .bind(i64::from(since.is_some()))
    .fetch_optional(db)
    .await
}

/// Blanks an application: its tokens name it until they have expired. Returns its epoch.
pub async fn blank_client(tx: &mut Tx, id: &str, now_ms: i64) -> sqlx::Result<Option<i64>> {
    for statement in [
        "delete from client_secrets where client_id = $1",
        "delete from logout_notices where client_id = $1",
        "delete from client_calls where client_id = $1",
    ] {
        sqlx::query(statement).bind(id).run(&mut **tx).await?;
    }
    sqlx::query_scalar(
        "update clients set name = '', redirects = '', logouts = '', backchannel_logout_uri = '', disabled_at = $1, \
         epoch = epoch + 1 where id = $2 and name <> '' and owner_id <> '' returning epoch",
    )
    .bind(now_ms)
    .bind(id)
    .fetch_optional(&mut **tx)
    .await
}

/// A row of `client_secrets`, without the secret, or with the public key that stands in its place.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SecretRow {
    /// How the secret begins, or the thumbprint of the key.
    pub prefix: String,
    pub created_at: i64,
    /// `None`: it works until it's removed.
    pub expires_at: Option<i64>,
    /// A JWK. `None`: a secret.
    pub public_key: Option<String>,
}

impl SecretRow {
    pub fn has_expired(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now_ms)
    }
}

pub async fn insert_secret(db: impl Conn<'_>, client_id: &str, hash: &str, secret: &SecretRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into client_secrets (hash, client_id, prefix, created_at, expires_at, public_key) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(hash)
    .bind(client_id)
    .bind(&secret.prefix)
    .bind(secret.created_at)
    .bind(secret.expires_at)
    .bind(&secret.public_key)
    .run(db)
    .await
}

pub async fn secrets_of(db: impl Conn<'_>, client_id: &str) -> sqlx::Result<Vec<SecretRow>> {
    sqlx::query_as(
        "select prefix, created_at, expires_at, public_key from client_secrets where client_id = $1 \
         order by created_at, hash",
    )
    .bind(client_id)
    .fetch_all(db)
    .await
}

pub async fn find_secret(db: impl Conn<'_>, client_id: &str, hash: &str) -> sqlx::Result<Option<SecretRow>> {
    sqlx::query_as(
        "select prefix, created_at, expires_at, public_key from client_secrets \
         where client_id = $1 and hash = $2 and public_key is null",
    )
    .bind(client_id)
    .bind(hash)
    .fetch_optional(db)
    .await
}

/// The public keys of an application.
pub async fn keys_of(db: impl Conn<'_>, client_id: &str) -> sqlx::Result<Vec<String>> {
    let statement = "select public_key from client_secrets where client_id = $1 and public_key is not null";
    sqlx::query_scalar(statement).bind(client_id).fetch_all(db).await
}

/// Whether an assertion comes for the first time; its name is kept until it has expired.
pub async fn use_assertion(db: impl Conn<'_>, hash: &str, expires_at: i64) -> sqlx::Result<bool> {
    let statement = "insert into client_assertions (hash, expires_at) values ($1, $2) on conflict (hash) do nothing";
    sqlx::query(statement).bind(hash).bind(expires_at).hits(db).await
}

/// The name of an application that isn't disabled, and when a secret of it expires: those that expire before then.
pub async fn expiring(db: impl Conn<'_>, before_ms: i64, limit: i64) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        "select c.name, s.expires_at from client_secrets s join clients c on c.id = s.client_id \
         where s.expires_at < $1 and c.disabled_at is null order by s.expires_at, s.hash limit $2",
    )
    .bind(before_ms)
    .bind(limit)
    .fetch_all(db)
    .await
}

pub async fn delete_secret(db: impl Conn<'_>, client_id: &str, prefix: &str) -> sqlx::Result<bool> {
    let statement = "delete from client_secrets where client_id = $1 and prefix = $2";
    sqlx::query(statement).bind(client_id).bind(prefix).hits(db).await
}

/// A row of `grants`.
#[derive(Clone, Debug, FromRow)]
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
    sqlx::query(grants!("insert into grants (", ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"))
        .bind(&row.id)
        .bind(&row.client_id)
        .bind(&row.user_id)
        .bind(&row.sid)
        .bind(&row.log_in_sid)
        .bind(&row.scopes)
        .bind(&row.resource)
        .bind(row.auth_time)
        .bind(row.global_epoch)
        .bind(&row.user_agent)
        .bind(&row.ip)
        .bind(row.created_at)
        .bind(row.last_used_at)
        .run(db)
        .await
}

/// Notes the use of a grant and returns it, locked until the transaction ends; `None` when it is over.
pub async fn use_grant(db: impl Conn<'_>, id: &str, now_ms: i64) -> sqlx::Result<Option<GrantRow>> {
    sqlx::query_as(concat!(
        "update grants set last_used_at = $1 where id = $2 and ",
        not_over!(),
        grants!(" returning", "")
    ))
    .bind(now_ms)
    .bind(id)
    .fetch_optional(db)
    .await
}

pub async fn living_grant(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<GrantRow>> {
    sqlx::query_as(concat!(grants!("select", "from grants where id = $1 and "), not_over!()))
        .bind(id)
        .fetch_optional(db)
        .await
}

pub async fn note_refresh(db: impl Conn<'_>, id: &str, until: i64) -> sqlx::Result<()> {
    sqlx::query("update grants set refresh_until = $1 where id = $2").bind(until).bind(id).run(db).await
}

/// What the user lets applications do, the last used first; a code that no one has redeemed yet gives nothing, and no more
/// does what has run out.
pub async fn grants_of(db: impl Conn<'_>, user_id: &str, now_ms: i64) -> sqlx::Result<Vec<GrantRow>> {
    sqlx::query_as(concat!(
        grants!("select", "from grants where user_id = $1 and last_used_at is not null and "),
        not_over!(),
        " and ((sid = '' and refresh_until > $2) or exists (select 1 from sessions s where s.sid = grants.sid and \
         s.ended_at is null and s.expires_at > $2 and s.idle_expires_at > $2)) order by last_used_at desc, id desc"
    ))
    .bind(user_id)
    .bind(now_ms)
    .fetch_all(db)
    .await
}

/// What the user has agreed to for good: web servers are not asked about again because of a logout. Whatever else has ended a
/// grant takes that back.
pub async fn agreed(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<Vec<GrantRow>> {
    sqlx::query_as(concat!(
        grants!("select", "from grants where user_id = $1 and last_used_at is not null and (ended_at is null or "),
        was_only_a_logout!(),
        ") and global_epoch = (select max(epoch) from global_epoch) and \
         client_id in (select id from clients where kind = 'web' and name <> '') order by last_used_at desc, id desc"
    ))
    .bind(user_id)
    .fetch_all(db)
    .await
}

/// Ends the grants beyond this number that one application has of a user, the longest unused first.
pub async fn end_surplus(
    db: impl Conn<'_>,
    client_id: &str,
    user_id: &str,
    keep: i64,
    reason: &str,
    now_ms: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "update grants set ended_at = $1, end_reason = $2 where id in (select id from grants where client_id = $3 and \
         user_id = $4 and ended_at is null order by coalesce(last_used_at, created_at) desc, id desc limit 1000 offset $5) \
         returning id",
    )
    .bind(now_ms)
    .bind(reason)
    .bind(client_id)
    .bind(user_id)
    .bind(keep)
    .fetch_all(db)
    .await
}

/// Ends one grant; `false` where it has ended already.
pub async fn end_grant(db: impl Conn<'_>, id: &str, reason: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "update grants set ended_at = $1, end_reason = $2 where id = $3 and ended_at is null";
    sqlx::query(statement).bind(now_ms).bind(reason).bind(id).hits(db).await
}

/// Ends what a user lets one application do, with a grant that one alone; returns also what had ended and the application was
/// not told of.
pub async fn end_grants(
    db: impl Conn<'_>,
    user_id: &str,
    client_id: &str,
    grant_id: &str,
    reason: &str,
    now_ms: i64,
) -> sqlx::Result<Vec<EndedGrant>> {
    sqlx::query_as(concat!(
        "update grants set ended_at = coalesce(ended_at, $1), end_reason = coalesce(end_reason, $2), told_at = $1 \
         where user_id = $3 and client_id = $4 and ($5 = '' or id = $5) and told_at is null returning ",
        ended_columns!()
    ))
    .bind(now_ms)
    .bind(reason)
    .bind(user_id)
    .bind(client_id)
    .bind(grant_id)
    .fetch_all(db)
    .await
}

/// Ends what anyone lets an application do beyond their session.
pub async fn end_outliving(
    db: impl Conn<'_>,
    client_id: &str,
    reason: &str,
    now_ms: i64,
) -> sqlx::Result<Vec<EndedGrant>> {
    sqlx::query_as(concat!(
        "update grants set ended_at = $1, end_reason = $2, told_at = $1 where client_id = $3 and sid = '' and ended_at is null \
         returning ",
        ended_columns!()
    ))
    .bind(now_ms)
    .bind(reason)
    .bind(client_id)
    .fetch_all(db)
    .await
}

/// Ends what anyone lets an application do, and what they had agreed to before.
pub async fn end_all_of(db: impl Conn<'_>, client_id: &str, reason: &str, now_ms: i64) -> sqlx::Result<()> {
    sqlx::query(concat!(
        "update grants set ended_at = coalesce(ended_at, $1), end_reason = $2 where client_id = $3 and (ended_at is null or ",
        was_only_a_logout!(),
        ")"
    ))
    .bind(now_ms)
    .bind(reason)
    .bind(client_id)
    .run(db)
    .await
}

/// A row of `authorization_codes`.
#[derive(Clone, Debug, FromRow)]
pub struct CodeRow {
    pub grant_id: String,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: String,
    pub expires_at: i64,
}

pub async fn insert_code(db: impl Conn<'_>, hash: &str, code: &CodeRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into authorization_codes (hash, grant_id, redirect_uri, challenge, nonce, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(hash)
    .bind(&code.grant_id)
    .bind(&code.redirect_uri)
    .bind(&code.challenge)
    .bind(&code.nonce)
    .bind(code.expires_at)
    .run(db)
    .await
}

pub async fn find_code(db: impl Conn<'_>, hash: &str) -> sqlx::Result<Option<CodeRow>> {
    sqlx::query_as(
        "select grant_id, redirect_uri, challenge, nonce, expires_at from authorization_codes where hash = $1",
    )
    .bind(hash)
    .fetch_optional(db)
    .await
}

/// Of two that come at once, one gets it.
pub async fn use_code(db: impl Conn<'_>, hash: &str, now_ms: i64) -> sqlx::Result<bool> {
    let statement = "update authorization_codes set used_at = $1 where hash = $2 and used_at is null";
    sqlx::query(statement).bind(now_ms).bind(hash).hits(db).await
}

/// A row of `refresh_tokens`.
#[derive(Clone, Debug, FromRow)]
pub struct RefreshRow {
    pub grant_id: String,
    pub expires_at: i64,
    pub used_at: Option<i64>,
    pub used_from: String,
}

pub async fn insert_refresh(
    db: impl Conn<'_>,
    hash: &str,
    grant_id: &str,
    now_ms: i64,
    expires_at: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into refresh_tokens (hash, grant_id, created_at, expires_at, used_from) values ($1, $2, $3, $4, '')",
    )
    .bind(hash)
    .bind(grant_id)
    .bind(now_ms)
    .bind(expires_at)
    .run(db)
    .await
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

/// Adds calls of one day, in days since the epoch, of an application that is there.
pub async fn add_calls(db: impl Conn<'_>, client_id: &str, day: i64, calls: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into client_calls (client_id, day, calls) select id, $2, $3 from clients where id = $1 and name <> '' \
         on conflict (client_id, day) do update set calls = client_calls.calls + excluded.calls",
    )
    .bind(client_id)
    .bind(day)
    .bind(calls)
    .run(db)
    .await
}

/// Application, day and calls from this day on; of all applications where none is named.
pub async fn calls_since(db: impl Conn<'_>, client_id: &str, day: i64) -> sqlx::Result<Vec<(String, i64, i64)>> {
    let statement = "select client_id, day, calls from client_calls where ($1 = '' or client_id = $1) and day >= $2";
    sqlx::query_as(statement).bind(client_id).bind(day).fetch_all(db).await
}

pub const DAY_MS: i64 = 24 * 3_600_000;
/// Ended grants are kept a month, as sessions are. A code that no one has redeemed in an hour is forgotten with its grant.
const KEEP_MS: i64 = 30 * DAY_MS;
const UNREDEEMED_MS: i64 = 3_600_000;

/// Removes what no one can ask about any more.
pub async fn delete_old(tx: &mut Tx, now_ms: i64) -> sqlx::Result<()> {
    let (kept_since, unredeemed_since) = (now_ms - KEEP_MS, now_ms - UNREDEEMED_MS);
    for (statement, before) in [
        ("delete from authorization_codes where expires_at < $1", unredeemed_since),
        ("delete from device_codes where expires_at < $1", unredeemed_since),
        ("delete from client_assertions where expires_at < $1", now_ms),
        ("delete from refresh_tokens where expires_at < $1", kept_since),
        ("delete from client_calls where day < $1", kept_since / DAY_MS),
        (
            "delete from grants where created_at < $1 and last_used_at is null and not exists \
             (select 1 from authorization_codes where grant_id = grants.id) and not exists \
             (select 1 from device_codes where grant_id = grants.id)",
            unredeemed_since,
        ),
        ("delete from refresh_tokens where grant_id in (select id from grants where ended_at < $1)", kept_since),
        (
            "delete from grants where coalesce(ended_at, last_used_at) < $1 and not exists \
             (select 1 from authorization_codes where grant_id = grants.id) and not exists \
             (select 1 from refresh_tokens where grant_id = grants.id) and not exists \
             (select 1 from sessions where sid = grants.log_in_sid and ended_at is null)",
            kept_since - KEEP_MS,
        ),
        (
            "delete from clients where ((name = '' and disabled_at < $1) or (disabled_at is null and fetched_at < $1)) \
             and not exists (select 1 from grants where client_id = clients.id)",
            kept_since,
        ),
    ] {
        sqlx::query(statement).bind(before).run(&mut **tx).await?;
    }
    Ok(())
}

/// The next grants of a user behind this id, in the order of their ids.
pub async fn grants_after(db: impl Conn<'_>, user_id: &str, after: &str) -> sqlx::Result<Vec<GrantRow>> {
    sqlx::query_as(grants!("select", "from grants where user_id = $1 and id > $2 order by id limit 500"))
        .bind(user_id)
        .bind(after)
        .fetch_all(db)
        .await
}
