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
        Ok(Err(words)) => return without(Finding::broken_as_told("database", &words), secret),
        Err(_) => {
            let words = format!("it does not answer within {} seconds", PATIENCE.as_secs());
            return without(Finding::broken("database", words, "check LATCHKEY_DATABASE_URL, and the network"), secret);
        }
    };
    let findings = tokio::time::timeout(PATIENCE, look_into(&state, parts, secret, watch.elapsed_ms())).await;
    state.db.close().await;
    findings.unwrap_or_else(|_| {
        let words = format!("it fell silent: no answer within {} seconds", PATIENCE.as_secs());
        without(Finding::broken("database", words, "look at its log, and for locks that are held"), secret)
    })
}

/// The secret key was looked for all the same.
fn without(finding: Finding, secret: Result<&SecretKey, &String>) -> Vec<Finding> {
    std::iter::once(finding).chain(secret.err().map(|words| Finding::broken_as_told("secret key", words))).collect()
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
            (Finding::good(WHAT, format!("reached in {connect_ms} ms, and up to date")), true)
        }
        Ok(Steps { unknown: unknown @ 1.., .. }) => {
            let words = format!("a newer Latchkey has changed it ({unknown} unknown), so this one does not start");
            (Finding::broken(WHAT, words, "run the newer program"), false)
        }
        Ok(Steps { pending, .. }) => {
            let words = format!("behind: {pending} to be done of the migrations");
            (Finding::warning(WHAT, words, "the next start brings it up to date, or `latchkey migrate`"), false)
        }
        Err(error) => {
            let words = format!("its migrations cannot be read: {error}");
            (Finding::broken(WHAT, words, "is it Latchkey’s? If it is new: `latchkey migrate`"), false)
        }
    }
}

/// Times are written by the clocks of the instances and by nobody else, but where there are several, the database is the
/// one that all can be compared with.
async fn clock(state: &AppState) -> Finding {
    const WHAT: &str = "clock";
    const MEND: &str = "let this machine and the database take their time from NTP";
    let skew = match state.db.kind {
        Kind::Postgres => postgres_skew(state).await,
        Kind::Sqlite => Ok(sqlite_skew(state)),
    };
    match skew {
        Err(error) => Finding::broken(WHAT, format!("the database does not tell the time: {error}"), "look at its log"),
        Ok(skew) if skew.abs() > KEEP_EXTRA_MS => Finding::broken(
            WHAT,
            format!("{} s away from the database’s: tokens live too long or not at all", skew.abs() / 1000),
            MEND,
        ),
        Ok(skew) if skew.abs() > SKEW_MAX_MS => {
            Finding::warning(WHAT, format!("{} ms away from the database’s", skew.abs()), MEND)
        }
        Ok(skew) if state.db.kind == Kind::Postgres => {
            Finding::good(WHAT, format!("{} ms away from the database’s", skew.abs()))
        }
        Ok(_) => Finding::good(WHAT, "the database is on this machine, and nothing in it is from the future"),
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
        return vec![Finding::good(WHAT, format!("up to {each}; SQLite has one writer at a time"))];
    }
    let since = state.clock.now_ms() - GONE_AFTER_MS;
    let looked = tokio::try_join!(store::places(&state.db.pool), instance_store::seen_since(&state.db.pool, since));
    let (places, live) = match looked {
        Ok(found) => found,
        Err(error) => return vec![Finding::warning(WHAT, format!("they cannot be counted: {error}"), "")],
    };
    let instances = i64::try_from(live.len()).unwrap_or(i64::MAX).max(1);
    // One more, which listens.
    let of_parts: i64 = parts.iter().map(|part| part.connections(&state.config)).sum();
    let wanted = instances.saturating_mul(each + 1 + of_parts);
    let words = format!(
        "{} up to {wanted} in all; PostgreSQL has {}, and {} are taken now",
        counted(instances, "instance takes", "instances take"),
        places.room,
        places.taken
    );
    let mut findings = vec![if wanted > places.room {
        Finding::warning(WHAT, words, "lower LATCHKEY_DATABASE_CONNECTIONS, or raise max_connections of PostgreSQL")
    } else {
        Finding::good(WHAT, words)
    }];
    if places.superuser > 0 {
        findings.push(Finding::warning(
            "role",
            "the program is a superuser of PostgreSQL: whoever takes it over has the whole cluster",
            "make a role that owns this database and one that serves, as docs/POSTGRES.md says",
        ));
    }
    findings
}
