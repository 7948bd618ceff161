//! The tables `lab_visits` and `lab_runs`, and what goes with a visit. Server side; in the Lab's database only.

use sqlx::AnyPool;
use sqlx_macros::FromRow;

use crate::base::{
    db::Tx,
    sql::{Change, Conn},
};

#[derive(FromRow)]
pub struct VisitRow {
    pub user_id: String,
    pub browser: String,
    pub ends_at: i64,
}

pub async fn insert(db: impl Conn<'_>, id_hash: &str, row: &VisitRow, network: &str, now_ms: i64) -> sqlx::Result<()> {
    let sql = "insert into lab_visits (id_hash, user_id, browser, network, runs, started_at, ends_at) \
               values ($1, $2, $3, $4, 0, $5, $6)";
    let insert = sqlx::query(sql).bind(id_hash).bind(&row.user_id).bind(&row.browser).bind(network);
    insert.bind(now_ms).bind(row.ends_at).run(db).await
}

/// The visit, unless it is over at this moment.
pub async fn find(db: impl Conn<'_>, id_hash: &str, now_ms: i64) -> sqlx::Result<Option<VisitRow>> {
    let sql = "select user_id, browser, ends_at from lab_visits where id_hash = $1 and ends_at > $2";
    sqlx::query_as(sql).bind(id_hash).bind(now_ms).fetch_optional(db).await
}

/// Visits that last: of everyone, and of one network.
pub async fn count(db: impl Conn<'_>, network: &str, now_ms: i64) -> sqlx::Result<(i64, i64)> {
    let sql = "select count(*), coalesce(sum(case when network = $1 then 1 else 0 end), 0) from lab_visits where ends_at > $2";
    sqlx::query_as(sql).bind(network).bind(now_ms).fetch_one(db).await
}

pub async fn count_run(db: impl Conn<'_>, id_hash: &str, max: i64) -> sqlx::Result<bool> {
    let sql = "update lab_visits set runs = runs + 1 where id_hash = $1 and runs < $2";
    sqlx::query(sql).bind(id_hash).bind(max).hits(db).await
}

pub async fn keep_browser(db: impl Conn<'_>, id_hash: &str, browser: &str) -> sqlx::Result<()> {
    let sql = "update lab_visits set browser = $2 where id_hash = $1";
    sqlx::query(sql).bind(id_hash).bind(browser).run(db).await
}

pub async fn keep_result(db: impl Conn<'_>, user_id: &str, name: &str, now_ms: i64, json: &str) -> sqlx::Result<()> {
    let sql = "insert into lab_runs (user_id, experiment, ran_at, result) values ($1, $2, $3, $4) \
               on conflict (user_id, experiment) do update set ran_at = excluded.ran_at, result = excluded.result";
    sqlx::query(sql).bind(user_id).bind(name).bind(now_ms).bind(json).run(db).await
}

pub async fn result(db: impl Conn<'_>, user_id: &str, name: &str) -> sqlx::Result<Option<String>> {
    let sql = "select result from lab_runs where user_id = $1 and experiment = $2";
    sqlx::query_scalar(sql).bind(user_id).bind(name).fetch_optional(db).await
}

/// The demo users whose visit is over, some at a time.
pub async fn over(db: &AnyPool, now_ms: i64) -> sqlx::Result<Vec<String>> {
    let sql = "select user_id from lab_visits where ends_at <= $1 order by ends_at limit 100";
    sqlx::query_scalar(sql).bind(now_ms).fetch_all(db).await
}

/// Removes what the administrator of the Lab leaves behind: no one will ask for it.
pub async fn remove_old(tx: &mut Tx, before: i64) -> sqlx::Result<()> {
    for statement in [
        "delete from outbox where created_at < $1",
        "delete from audit_events where at < $1",
        "delete from sessions where created_at < $1 and ended_at is not null",
    ] {
        sqlx::query(statement).bind(before).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Removes a demo user with everything of theirs. Nothing in this database has to be remembered.
pub async fn remove(tx: &mut Tx, user_id: &str) -> sqlx::Result<()> {
    for statement in [
        "delete from lab_runs where user_id = $1",
        "delete from lab_visits where user_id = $1",
        "delete from links where user_id = $1",
        "delete from known_devices where user_id = $1",
        "delete from user_words where user_id = $1",
        "delete from outbox where user_id = $1",
        "delete from audit_events where subject = $1 or actor = $1",
        "delete from sessions where user_id = $1",
        "delete from users where id = $1",
    ] {
        sqlx::query(statement).bind(user_id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Makes the schema on PostgreSQL, where there is none yet.
pub async fn make_schema(db: &AnyPool) -> sqlx::Result<()> {
    // Asked first: "if not exists" needs the right to make one even where there is one.
    if !sqlx::query("select 1 from pg_namespace where nspname = 'latchkey_lab'").finds(db).await? {
        sqlx::query("create schema if not exists latchkey_lab").execute(db).await?;
    }
    Ok(())
}

/// Whether tables are looked for in that schema: a pooler in between may have dropped that wish.
pub async fn is_in_schema(db: &AnyPool) -> sqlx::Result<bool> {
    let sql = "select cast(current_schema() as text)";
    let schema: Option<String> = sqlx::query_scalar(sql).fetch_one(db).await?;
    Ok(schema.as_deref() == Some("latchkey_lab"))
}

/// Whether that schema is there for us to use, or we may make it.
pub async fn may_have_schema(db: impl Conn<'_>) -> sqlx::Result<bool> {
    let sql = "select 1 where case when exists (select 1 from pg_namespace where nspname = 'latchkey_lab') \
               then has_schema_privilege('latchkey_lab', 'usage') \
               else has_database_privilege(current_database(), 'create') end";
    sqlx::query(sql).finds(db).await
}
