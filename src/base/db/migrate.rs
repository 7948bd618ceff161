//! Bring the schema up to date. Server side.

use std::time::Duration;

use sqlx::{
    Connection,
    error::DatabaseError,
    migrate::{MigrateError, Migrator},
};

use super::{Db, Kind};
use crate::base::collision::LOCK_TIMEOUT;

/// The steps of the schema that this program has: the files in `migrations/`.
static MIGRATIONS: Migrator = sqlx_macros::migrate!();

/// Steps of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// That this program has and the database does not.
    pub pending: usize,
    /// That the database has and this program does not know: a newer Latchkey made them.
    pub unknown: usize,
}

/// How long a migration waits for a table that another transaction holds.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one lock. Short: whoever wants the table after it waits behind it.
    pub lock: Duration,
    pub tries: u32,
    /// Between two tries, in which the others get through.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { lock: Duration::from_secs(2), tries: 10, pause: Duration::from_secs(3) }
    }
}

/// PostgreSQL: the role may not do that.
const NOT_PERMITTED: &str = "42501";

impl Db {
    /// Brings the schema up to date, each step in a transaction.
    pub async fn migrate(&self, patience: Patience) -> Result<(), String> {
        // Most starts find nothing to do, and a role with rights to rows alone may not ask for more.
        if self.is_up_to_date().await {
            return Ok(());
        }
        for left in (0..patience.tries).rev() {
            match self.try_to_migrate(patience.lock).await {
                Err(error) if left > 0 && code_of(&error).as_deref() == Some(LOCK_TIMEOUT) => {
                    tracing::warn!(
                        left,
                        "a migration is waiting for a table that another transaction holds; trying again"
                    );
                    tokio::time::sleep(patience.pause).await;
                }
                tried => return tried.map_err(|error| unmigrated(&error)),
            }
        }
        Ok(())
    }

    /// On a connection of its own: its lock and its time-out end with it.
    async fn try_to_migrate(&self, lock: Duration) -> Result<(), MigrateError> {
        let mut connection = self.pool.acquire().await?.detach();
        if self.kind == Kind::Postgres {
            let statement = "select set_config('lock_timeout', $1, false)";
            sqlx::query(statement).bind(format!("{}ms", lock.as_millis())).execute(&mut connection).await?;
        }
        let migrated = MIGRATIONS.run_direct(None, &mut connection, false).await;
        let _ = connection.close().await;
        migrated
    }

    /// How the schema stands to this program.
    pub async fn steps(&self) -> Result<Steps, sqlx::Error> {
        let done = self.steps_done().await?;
        let is_done = |version: i64| done.iter().any(|(done, _)| *done == version);
        let is_known = |version: i64| MIGRATIONS.iter().any(|step| step.version == version);
        Ok(Steps {
            pending: MIGRATIONS.iter().filter(|step| !is_done(step.version)).count(),
            unknown: done.iter().filter(|(version, _)| !is_known(*version)).count(),
        })
    }

    /// Whether every step was done as this program has it, and no other. What is wrong otherwise, the migrator says.
    async fn is_up_to_date(&self) -> bool {
        let Ok(mut done) = self.steps_done().await else { return false };
        done.sort_unstable();
        MIGRATIONS.iter().map(|step| (step.version, step.checksum.to_vec())).eq(done)
    }

    async fn steps_done(&self) -> Result<Vec<(i64, Vec<u8>)>, sqlx::Error> {
        sqlx::query_as("select version, checksum from _sqlx_migrations").fetch_all(&self.pool).await
    }
}

/// Whether a statement failed because its table is not there: PostgreSQL has a code for it, SQLite words alone.
pub fn is_no_table(error: &sqlx::Error) -> bool {
    let is_so = |error: &dyn DatabaseError| {
        error.code().as_deref() == Some("42P01") || error.message().starts_with("no such table")
    };
    error.as_database_error().is_some_and(is_so)
}

fn code_of(error: &MigrateError) -> Option<String> {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            error.as_database_error()?.code().map(|code| code.into_owned())
        }
        _ => None,
    }
}

fn unmigrated(error: &MigrateError) -> String {
    const NO_RIGHT: &str = "the database is not up to date, and this role may not change its schema; run `latchkey migrate` \
                            as the role that owns it (see docs/POSTGRES.md)";
    const HELD: &str = "cannot migrate the database, because another transaction holds a table; look for old transactions in \
                        pg_stat_activity, then start again";
    match code_of(error).as_deref() {
        Some(NOT_PERMITTED) => NO_RIGHT.into(),
        Some(LOCK_TIMEOUT) => HELD.into(),
        _ => format!("cannot migrate the database: {error}"),
    }
}
