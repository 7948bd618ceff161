//! How many connections there are, and which of them are of use. Server side.

use std::time::Duration;

use sqlx::{AnyConnection, Connection, Executor, any::AnyPoolOptions};

use super::{Kind, kind_of_connection, sqlite::LIMIT_STATEMENTS};

/// After so long a wait for a connection the caller is told "busy" instead.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that no one has used for so long is asked whether it is alive before it is.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// Then another one is opened in its place: one of PostgreSQL that was opened while all were read-only stays so.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// A connection that was in use a moment ago is taken to be alive: to ask costs as much as a statement. One that is not is
/// an error, as at any other moment at which the database goes. `limited`: as of [`prepare`].
pub fn pool_of(connections: u32, limited: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(LIFE)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(prepare(connection, limited)))
        .before_acquire(|connection, meta| {
            let is_used = meta.idle_for < ASKED_AFTER;
            Box::pin(async move {
                if !is_used || connection.is_in_transaction() {
                    connection.ping().await?;
                }
                // On a full disk SQLite rolls back by itself, and sqlx waits for the end for ever. The next one, then.
                Ok(!connection.is_in_transaction())
            })
        })
}

/// `synchronous = full`: a revocation must survive a power cut.
const SQLITE_PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; \
                              pragma foreign_keys = on; pragma journal_size_limit = 16777216;";

/// `limited`: its statements end after a while.
pub async fn prepare(connection: &mut AnyConnection, limited: bool) -> Result<(), sqlx::Error> {
    if kind_of_connection(connection) == Kind::Sqlite {
        connection.execute(SQLITE_PRAGMAS).await?;
    }
    if limited {
        connection.execute(LIMIT_STATEMENTS).await?;
    }
    Ok(())
}

/// Of so many connections: for requests, for what is vital, for jobs.
pub fn shares_of(connections: u32) -> (u32, u32, u32) {
    let vital = (connections / 4).clamp(1, 4);
    let jobs = (connections / 8).clamp(1, 2);
    (connections.saturating_sub(vital + jobs).max(1), vital, jobs)
}
