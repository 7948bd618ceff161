//! Faults of what the server stands on, as users may be told of them. Server side.

use std::cell::RefCell;

use super::AppError;
use crate::base::collision::Collision;

thread_local! {
    /// What the database said last, for the command line, which is one thread: no one reads a log of it, and its operator
    /// may know.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What stopped a command, where a user would be told of no more than [`AppError::Busy`] or [`AppError::Internal`].
pub fn cause() -> Option<String> {
    LAST.take()
}

impl Collision for AppError {
    fn is_collision(&self) -> bool {
        *self == Self::Collided
    }
}

/// Faults become one opaque variant; the cause is logged here, once (ASVS 16.5.1).
macro_rules! opaque {
    ($($fault:ty),+) => {$(
        impl From<$fault> for AppError {
            fn from(fault: $fault) -> Self {
                tracing::error!(error = %fault, "internal error");
                Self::internal()
            }
        }
    )+};
}
opaque!(jsonwebtoken::errors::Error, serde_json::Error, argon2::password_hash::Error, tokio::task::JoinError);

/// A session store that fails is a database that is away.
impl From<tower_sessions::session::Error> for AppError {
    fn from(fault: tower_sessions::session::Error) -> Self {
        tracing::error!(error = %fault, "session store error");
        Self::Busy
    }
}

impl From<sqlx::Error> for AppError {
    fn from(fault: sqlx::Error) -> Self {
        if let sqlx::Error::Database(error) = &fault
            && error.code().as_deref() == Some("22021")
        {
            // A zero byte, which PostgreSQL stores in no text: no one types one.
            return Self::BadRequest;
        }
        if fault.is_collision() {
            tracing::warn!(error = %fault, "a transaction collided with another one");
            return Self::Collided;
        }
        tracing::error!(error = %fault, "database error");
        LAST.set(Some(match fault.as_database_error() {
            Some(error) if is_full(error) => format!("the database can't be written: {}", error.message()),
            _ => format!("database error: {fault}"),
        }));
        let away = match &fault {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            // A balancer takes the connection and closes it, in the middle of the greeting.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => is_away(&**error) || is_full(&**error),
            _ => false,
        };
        if away { Self::Busy } else { Self::internal() }
    }
}

/// The database said that it cannot now: PostgreSQL when it stops, starts, or has no place left (57P01 to 57P03, 53300), or has
/// stopped a statement that took too long (57014); SQLite when another process is writing, after its time-out, or when
/// it has stopped a statement (9).
fn is_away(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code();
    let stops = matches!(code.as_deref(), Some("57P01" | "57P02" | "57P03" | "53300" | "57014" | "9"));
    stops || error.message().contains("database is locked")
}

/// No room on the disk, or no more than a limit allows: PostgreSQL (53100); SQLite in its own words (13), or when it can
/// lengthen neither its journal (778) nor the index of that (4874).
fn is_full(error: &dyn sqlx::error::DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("53100" | "13" | "778" | "4874"))
}
