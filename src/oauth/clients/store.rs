//! The tables of applications: what they are, their secrets and keys, their calls by day. Server side.

use std::collections::HashMap;

use sqlx::{FromRow, Row, any::AnyRow};
use sqlx_macros::FromRow;

use super::{Client, is_document};
use crate::{
    base::{
        db::Tx,
        sql::{Change, Conn},
    },
    oauth::scope::Scopes,
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
            disabled_by: row.try_get("disabled_by")?,
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
             c.created_at, c.disabled_at, c.disabled_by, c.last_used_at, c.notice_at, c.notice_failure, c.id_token_alg, coalesce(u.name, 'Latchkey') as \
             owner_name, case when c.owner_id = '' then 0 when u.disabled_at is null and u.deleted_at is null and \
             u.waiting_since is null then u.epoch end as owner_epoch \
             from clients c left join users u on u.id = c.owner_id ",
            $rest
        )
    };
}

/// Keeps a new application; or what one that no one has registered says of itself, which was read at this time. Whether it is
/// disabled it does not say.
pub async fn save_client(db: impl Conn<'_>, client: &Client, fetched_at: Option<i64>) -> sqlx::Result<()> {
    let statement = "insert into clients (id, owner_id, name, kind, redirects, logouts, scopes, epoch, created_at, \
         backchannel_logout_uri, id_token_alg, fetched_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         on conflict (id) do update set name = excluded.name, redirects = excluded.redirects, logouts = excluded.logouts, \
         scopes = excluded.scopes, fetched_at = excluded.fetched_at, id_token_alg = excluded.id_token_alg";
    let query = sqlx::query(statement).bind(&client.id).bind(&client.owner_id).bind(&client.name);
    let query = query.bind(client.kind.into_str()).bind(client.redirects.join("\n")).bind(client.logouts.join("\n"));
    let query = query.bind(client.scopes.text()).bind(client.epoch).bind(client.created_at);
    query.bind(&client.backchannel_logout_uri).bind(&client.id_token_alg).bind(fetched_at).run(db).await
}

/// What an application is from now on, and its epoch, which is raised where it may do less.
pub async fn update_client(db: impl Conn<'_>, client: &Client, is_less: bool) -> sqlx::Result<i64> {
    let statement = "update clients set name = $1, redirects = $2, logouts = $3, backchannel_logout_uri = $4, scopes = $5, \
                     epoch = epoch + $6, id_token_alg = $8 where id = $7 returning epoch";
    let query = sqlx::query_scalar(statement).bind(&client.name).bind(client.redirects.join("\n"));
    let query = query.bind(client.logouts.join("\n")).bind(&client.backchannel_logout_uri).bind(client.scopes.text());
    query.bind(i64::from(is_less)).bind(&client.id).bind(&client.id_token_alg).fetch_one(db).await
}

/// Whether the document of this application was read since then.
pub async fn is_fresh(db: impl Conn<'_>, id: &str, since: i64) -> sqlx::Result<bool> {
    sqlx::query("select 1 from clients where id = $1 and fetched_at > $2").bind(id).bind(since).finds(db).await
}

pub async fn find_client(db: impl Conn<'_>, id: &str) -> sqlx::Result<Option<Client>> {
    sqlx::query_as(select_clients!("where c.id = $1 and c.name <> ''")).bind(id).fetch_optional(db).await
}

/// Those of one owner, or of everyone where there is none, the newest first.
pub async fn list_clients(db: impl Conn<'_>, owner_id: Option<&str>, limit: i64) -> sqlx::Result<Vec<Client>> {
    let statement = select_clients!(
        "where c.name <> '' and ($1 = '' or c.owner_id = $1) order by c.created_at desc, c.id desc limit $2"
    );
    sqlx::query_as(statement).bind(owner_id.unwrap_or_default()).bind(limit).fetch_all(db).await
}

/// Those that this user has ever let do something, by ID.
pub async fn clients_of(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<HashMap<String, Client>> {
    let statement = select_clients!("where c.name <> '' and c.id in (select client_id from grants where user_id = $1)");
    let clients: Vec<Client> = sqlx::query_as(statement).bind(user_id).fetch_all(db).await?;
    Ok(clients.into_iter().map(|client| (client.id.clone(), client)).collect())
}

/// Those without a secret whose addresses have this text in them.
pub async fn public_clients_at(db: impl Conn<'_>, text: &str) -> sqlx::Result<Vec<Client>> {
    let statement =
        select_clients!("where c.kind in ('spa', 'native') and replace(c.redirects, $1, '') <> c.redirects limit 1000");
    sqlx::query_as(statement).bind(text).fetch_all(db).await
}

pub async fn count_clients(db: impl Conn<'_>, owner_id: &str) -> sqlx::Result<i64> {
    let statement = "select count(*) from clients where owner_id = $1 and name <> ''";
    sqlx::query_scalar(statement).bind(owner_id).fetch_one(db).await
}

pub async fn touch_client(db: impl Conn<'_>, id: &str, now_ms: i64) -> sqlx::Result<()> {
    sqlx::query("update clients set last_used_at = $1 where id = $2").bind(now_ms).bind(id).run(db).await
}

/// Disables an application, or enables it again, and returns its epoch; `None` where it is so already.
pub async fn set_disabled(db: impl Conn<'_>, id: &str, since: Option<i64>, by: &str) -> sqlx::Result<Option<i64>> {
    let statement = "update clients set disabled_at = $1, disabled_by = $4, epoch = epoch + 1 where id = $2 and \
                     (case when disabled_at is null then 0 else 1 end) <> $3 returning epoch";
    let query = sqlx::query_scalar(statement).bind(since).bind(id).bind(i64::from(since.is_some())).bind(by);
    query.fetch_optional(db).await
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
    let statement = "update clients set name = '', redirects = '', logouts = '', backchannel_logout_uri = '', \
                     disabled_at = $1, epoch = epoch + 1 where id = $2 and name <> '' and owner_id <> '' returning epoch";
    sqlx::query_scalar(statement).bind(now_ms).bind(id).fetch_optional(&mut **tx).await
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
    let statement = "insert into client_secrets (hash, client_id, prefix, created_at, expires_at, public_key) \
                     values ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(statement).bind(hash).bind(client_id).bind(&secret.prefix).bind(secret.created_at);
    query.bind(secret.expires_at).bind(&secret.public_key).run(db).await
}

pub async fn secrets_of(db: impl Conn<'_>, client_id: &str) -> sqlx::Result<Vec<SecretRow>> {
    let statement = "select prefix, created_at, expires_at, public_key from client_secrets where client_id = $1 \
                     order by created_at, hash";
    sqlx::query_as(statement).bind(client_id).fetch_all(db).await
}

pub async fn find_secret(db: impl Conn<'_>, client_id: &str, hash: &str) -> sqlx::Result<Option<SecretRow>> {
    let statement = "select prefix, created_at, expires_at, public_key from client_secrets \
                     where client_id = $1 and hash = $2 and public_key is null";
    sqlx::query_as(statement).bind(client_id).bind(hash).fetch_optional(db).await
}

/// Whether an assertion comes for the first time; its name is kept until it has expired.
pub async fn use_assertion(db: impl Conn<'_>, hash: &str, expires_at: i64) -> sqlx::Result<bool> {
    let statement = "insert into client_assertions (hash, expires_at) values ($1, $2) on conflict (hash) do nothing";
    sqlx::query(statement).bind(hash).bind(expires_at).hits(db).await
}

/// The name of an application that isn't disabled, and when a secret of it expires: those that expire before then.
pub async fn expiring(db: impl Conn<'_>, before_ms: i64, limit: i64) -> sqlx::Result<Vec<(String, i64)>> {
    let statement = "select c.name, s.expires_at from client_secrets s join clients c on c.id = s.client_id \
                     where s.expires_at < $1 and c.disabled_at is null order by s.expires_at, s.hash limit $2";
    sqlx::query_as(statement).bind(before_ms).bind(limit).fetch_all(db).await
}

pub async fn delete_secret(db: impl Conn<'_>, client_id: &str, prefix: &str) -> sqlx::Result<bool> {
    let statement = "delete from client_secrets where client_id = $1 and prefix = $2";
    sqlx::query(statement).bind(client_id).bind(prefix).hits(db).await
}

/// Adds calls of one day, in days since the epoch, of an application that is there.
pub async fn add_calls(db: impl Conn<'_>, client_id: &str, day: i64, calls: i64) -> sqlx::Result<()> {
    let statement = "insert into client_calls (client_id, day, calls) select id, $2, $3 from clients where id = $1 and \
                     name <> '' on conflict (client_id, day) do update set calls = client_calls.calls + excluded.calls";
    sqlx::query(statement).bind(client_id).bind(day).bind(calls).run(db).await
}

/// Application, day and calls from this day on; of all applications where none is named.
pub async fn calls_since(db: impl Conn<'_>, client_id: &str, day: i64) -> sqlx::Result<Vec<(String, i64, i64)>> {
    let statement = "select client_id, day, calls from client_calls where ($1 = '' or client_id = $1) and day >= $2";
    sqlx::query_as(statement).bind(client_id).bind(day).fetch_all(db).await
}
