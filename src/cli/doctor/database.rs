//! The database: whether it answers and is up to date, its clock, its room for connections. Then what is in it. Server
//! side.

use std::{path::Path, time::SystemTime};

use super::{Finding, PATIENCE, SKEW_MAX_MS, feed, keys, people, store, store::Places};
use crate::{
    auth::{
        instances::{confirm::GONE_AFTER_MS, store as instance_store},
        revocations::store::KEEP_EXTRA_MS,
    },
    base::{
        config::Config,
        db,
        db::{Kind, Steps},
        number::counted,
        private_file::hindrance,
        sealed::SecretKey,
        state::{AppState, Stopwatch},
    },
    pages::part::Parts,
    serve,
};

const WHAT: &str = "database";

pub async fn look(config: &Config, parts: &Parts, secret: Option<&SecretKey>) -> Vec<Finding> {
    let watch = Stopwatch::start();
    let state = match tokio::time::timeout(PATIENCE, serve::connect(config.clone(), false)).await {
        Ok(Ok(state)) => state,
        Ok(Err(words)) => return vec![Finding::error_as_told(WHAT, &words)],
        Err(_) => {
            let words = format!("doesn't answer within {} seconds", PATIENCE.as_secs());
            return vec![Finding::error(WHAT, words, "check LATCHKEY_DATABASE_URL and the network")];
        }
    };
    let findings = tokio::time::timeout(PATIENCE, look_into(&state, parts, secret, watch.elapsed_ms())).await;
    state.db.close().await;
    findings.unwrap_or_else(|_| {
        let words = format!("stopped answering: no response within {} seconds", PATIENCE.as_secs());
        vec![Finding::error(WHAT, words, "check its log, and whether something holds a lock")]
    })
}

/// Within the patience of [`look`].
async fn look_into(state: &AppState, parts: &Parts, secret: Option<&SecretKey>, connect_ms: u64) -> Vec<Finding> {
    let (schema, clock) = (schema(state).await, clock(state).await);
    if let Err(not_up_to_date) = schema {
        return vec![not_up_to_date, clock];
    }
    let hindrance = db::sqlite_file(&state.config.database_url()).and_then(|file| hindrance(&file));
    let schema = match hindrance {
        Some(error) => Finding::error(WHAT, error.to_string(), "let this user write there, and give it room"),
        None => Finding::ok(WHAT, format!("connected in {connect_ms} ms, up to date")),
    };
    let mut findings = vec![schema, clock];
    findings.extend(connections(state, parts).await);
    for part in parts.iter() {
        findings.extend(part.examine(state).await);
    }
    let (feed, keys, people) = tokio::join!(feed::look(state), keys::look(state, secret), people::look(state, secret));
    [findings, feed, keys, people].concat()
}

async fn schema(state: &AppState) -> Result<(), Finding> {
    match state.db.steps().await {
        Ok(Steps { pending: 0, .. }) => Ok(()),
        Ok(Steps { pending, .. }) => {
            let words = format!("{} to run", counted(pending, "migration", "migrations"));
            Err(Finding::warning(WHAT, words, "start the server or run `latchkey migrate`"))
        }
        Err(error) => {
            let words = format!("cannot read its migrations: {error}");
            let fix = "if the database is new, run `latchkey migrate`; if not, check that it belongs to Latchkey";
            Err(Finding::error(WHAT, words, fix))
        }
    }
}

/// Times are written by the clocks of the instances and by no one else, but where there are several, the database is the
/// one that all can be compared with.
async fn clock(state: &AppState) -> Finding {
    const WHAT: &str = "clock";
    const FIX: &str = "synchronize this machine and the database with NTP";
    let skew = match state.db.kind {
        Kind::Postgres => postgres_skew(state).await,
        Kind::Sqlite => Ok(sqlite_skew(state)),
    };
    let ms = match skew {
        Ok(skew) => skew.abs(),
        Err(error) => {
            return Finding::error(WHAT, format!("cannot read the time from the database: {error}"), "check its log");
        }
    };
    let words = format!("{ms} ms off from the database");
    match state.db.kind {
        _ if ms > KEEP_EXTRA_MS => {
            let words = format!("{} s off from the database, so tokens expire too late or too early", ms / 1000);
            Finding::error(WHAT, words, FIX)
        }
        _ if ms > SKEW_MAX_MS => Finding::warning(WHAT, words, FIX),
        Kind::Postgres => Finding::ok(WHAT, words),
        Kind::Sqlite => Finding::ok(WHAT, "database is on this machine; none of its files is from the future"),
    }
}

/// How far the database's clock is ahead.
async fn postgres_skew(state: &AppState) -> Result<i64, sqlx::Error> {
    // The first read would measure the statement's preparation.
    store::now_ms(&state.db.pool).await?;
    let watch = Stopwatch::start();
    let theirs = store::now_ms(&state.db.pool).await?;
    let middle = state.clock.now_ms() - i64::try_from(watch.elapsed_ms() / 2).unwrap_or_default();
    Ok(theirs - middle)
}

/// A file that was written in the future: the clock has gone back since.
fn sqlite_skew(state: &AppState) -> i64 {
    let Some(file) = db::sqlite_file(&state.config.database_url()) else { return 0 };
    let journal = db::beside(&file, "-wal");
    let written = |file: &Path| {
        let at = std::fs::metadata(file).and_then(|found| found.modified()).ok()?;
        i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis()).ok()
    };
    let newest = [written(&file), written(&journal)].into_iter().flatten().max();
    newest.map_or(0, |at| (at - state.clock.now_ms()).max(0))
}

/// Whether PostgreSQL has room for every instance: one that gets no connection answers 503.
async fn connections(state: &AppState, parts: &Parts) -> Vec<Finding> {
    const WHAT: &str = "connections";
    let each = i64::from(state.config.database_connections);
    if state.db.kind == Kind::Sqlite {
        return vec![Finding::ok(WHAT, format!("up to {each}; SQLite allows one writer at a time"))];
    }
    let since = state.clock.now_ms() - GONE_AFTER_MS;
    let looked = tokio::try_join!(store::places(&state.db.pool), instance_store::seen_since(&state.db.pool, since));
    let (places, live) = match looked {
        Ok(found) => found,
        Err(error) => return vec![Finding::warning(WHAT, format!("cannot count them: {error}"), "")],
    };
    let instances = (live.len() as i64).max(1);
    // One more, which listens.
    let of_parts: i64 = parts.iter().map(|part| part.connections(&state.config)).sum();
    let wanted = instances.saturating_mul(each + 1 + of_parts);
    let Places { room, taken, superuser } = places;
    let users = counted(instances, "instance uses", "instances use");
    let words = format!("{users} up to {wanted}; PostgreSQL allows {room}, and {taken} are in use");
    let fix = "lower LATCHKEY_DATABASE_CONNECTIONS, or raise max_connections in PostgreSQL";
    let mut findings = vec![Finding::warning_if(wanted > room, WHAT, words, fix)];
    if superuser > 0 {
        findings.push(Finding::warning(
            "role",
            "Latchkey is a PostgreSQL superuser, so whoever takes it over controls the whole cluster",
            "create one role that owns this database and one that serves: see docs/POSTGRES.md",
        ));
    }
    findings
}
