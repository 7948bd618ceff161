//! The database: whether it answers and is up to date, its clock, its room for connections. Then what is in it. Server
//! side.

use std::{path::Path, time::SystemTime};

use super::{Finding, PATIENCE, SKEW_MAX_MS, feed, keys, people, store};
use crate::{
    auth::{
        instances::{confirm::GONE_AFTER_MS, store as instance_store},
        revocations::store::KEEP_EXTRA_MS,
    },
    base::{
        config::Config,
        db,
        db::{Kind, Steps},
        sealed::SecretKey,
        state::{AppState, Stopwatch},
    },
    pages::part::Parts,
    serve,
    ui::number::counted,
};

pub async fn look(config: &Config, parts: &Parts, secret: Result<&SecretKey, &String>) -> Vec<Finding> {
    let watch = Stopwatch::start();
    let state = match tokio::time::timeout(PATIENCE, serve::connect(config.clone(), false)).await {
        Ok(Ok(state)) => state,
        Ok(Err(words)) => return without(Finding::error_as_told("database", &words), secret),
        Err(_) => {
            let words = format!("doesn't answer within {} seconds", PATIENCE.as_secs());
            return without(Finding::error("database", words, "check LATCHKEY_DATABASE_URL and the network"), secret);
        }
    };
    let findings = tokio::time::timeout(PATIENCE, look_into(&state, parts, secret, watch.elapsed_ms())).await;
    state.db.close().await;
    findings.unwrap_or_else(|_| {
        let words = format!("stopped answering: no response within {} seconds", PATIENCE.as_secs());
        without(Finding::error("database", words, "check its log, and whether something holds a lock"), secret)
    })
}

/// The secret key was looked for all the same.
fn without(finding: Finding, secret: Result<&SecretKey, &String>) -> Vec<Finding> {
    std::iter::once(finding).chain(secret.err().map(|words| Finding::error_as_told("secret key", words))).collect()
}

/// Within the patience of [`look`].
async fn look_into(
    state: &AppState,
    parts: &Parts,
    secret: Result<&SecretKey, &String>,
    connect_ms: u64,
) -> Vec<Finding> {
    let (schema, up_to_date) = schema(state, connect_ms).await;
    let mut findings = vec![schema];
    findings.push(clock(state).await);
    if !up_to_date {
        return findings;
    }
    findings.extend(connections(state, parts).await);
    for part in parts.iter() {
        findings.extend(part.examine(state).await);
    }
    let (feed, keys, people) =
        tokio::join!(feed::look(state), keys::look(state, secret), people::look(state, secret.ok()));
    [findings, feed, keys, people].concat()
}

async fn schema(state: &AppState, connect_ms: u64) -> (Finding, bool) {
    const WHAT: &str = "database";
    match state.db.steps().await {
        Ok(Steps { pending: 0, unknown: 0 }) => {
            (Finding::ok(WHAT, format!("connected in {connect_ms} ms, up to date")), true)
        }
        Ok(Steps { unknown: unknown @ 1.., .. }) => {
            let words = format!(
                "migrated by a newer Latchkey ({}), so this version won't start",
                counted(unknown as i64, "unknown migration", "unknown migrations")
            );
            (Finding::error(WHAT, words, "run the newer version"), false)
        }
        Ok(Steps { pending, .. }) => {
            let words = format!("{} to run", counted(pending as i64, "migration", "migrations"));
            (Finding::warning(WHAT, words, "start the server or run `latchkey migrate`"), false)
        }
        Err(error) => {
            let words = format!("cannot read its migrations: {error}");
            (
                Finding::error(
                    WHAT,
                    words,
                    "if the database is new, run `latchkey migrate`; if not, check that it belongs to Latchkey",
                ),
                false,
            )
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
    match skew {
        Err(error) => Finding::error(WHAT, format!("cannot read the time from the database: {error}"), "check its log"),
        Ok(skew) if skew.abs() > KEEP_EXTRA_MS => Finding::error(
            WHAT,
            format!("{} s off from the database, so tokens expire too late or too early", skew.abs() / 1000),
            FIX,
        ),
        Ok(skew) if skew.abs() > SKEW_MAX_MS => {
            Finding::warning(WHAT, format!("{} ms off from the database", skew.abs()), FIX)
        }
        Ok(skew) if state.db.kind == Kind::Postgres => {
            Finding::ok(WHAT, format!("{} ms off from the database", skew.abs()))
        }
        Ok(_) => Finding::ok(WHAT, "database is on this machine; none of its files is from the future"),
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
    let instances = i64::try_from(live.len()).unwrap_or(i64::MAX).max(1);
    // One more, which listens.
    let of_parts: i64 = parts.iter().map(|part| part.connections(&state.config)).sum();
    let wanted = instances.saturating_mul(each + 1 + of_parts);
    let words = format!(
        "{} up to {wanted}; PostgreSQL allows {}, and {} are in use",
        counted(instances, "instance uses", "instances use"),
        places.room,
        places.taken
    );
    let mut findings = vec![if wanted > places.room {
        Finding::warning(WHAT, words, "lower LATCHKEY_DATABASE_CONNECTIONS, or raise max_connections in PostgreSQL")
    } else {
        Finding::ok(WHAT, words)
    }];
    if places.superuser > 0 {
        findings.push(Finding::warning(
            "role",
            "Latchkey is a PostgreSQL superuser, so whoever takes it over controls the whole cluster",
            "create one role that owns this database and one that serves: see docs/POSTGRES.md",
        ));
    }
    findings
}
