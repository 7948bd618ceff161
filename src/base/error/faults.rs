//! Faults of what the server stands on, as users may be told of them. Server side.

use sqlx::error::DatabaseError;

use super::{AppError, Fault};
use crate::base::collision::Collision;

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
                Self::Internal { request_id: None, fault: Fault::of(fault) }
            }
        }
    )+};
}
opaque!(jsonwebtoken::errors::Error, serde_json::Error, argon2::password_hash::Error, tokio::task::JoinError);

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        if let Some("22021") = error.as_database_error().and_then(DatabaseError::code).as_deref() {
            // A zero byte, which PostgreSQL stores in no text: no one types one.
            return Self::BadRequest;
        }
        if error.is_collision() {
            tracing::warn!(%error, "a transaction collided with another one");
            return Self::Collided;
        }
        if let Some(why) = unwritable(&error) {
            tracing::error!(%error, "{why}");
            return Self::Unwritable(Fault::of(format_args!("{why}: {error}")));
        }
        tracing::error!(%error, "database error");
        let is_away = match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            // A balancer takes the connection and closes it, in the middle of the greeting.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => is_away(&**error),
            _ => false,
        };
        let fault = Fault::of(format_args!("database error: {error}"));
        if is_away { Self::Away(fault) } else { Self::Internal { request_id: None, fault } }
    }
}

/// The database said that it cannot now: PostgreSQL when it stops, starts, or has no place left (57P01 to 57P03, 53300), or has
/// stopped a statement that took too long (57014); SQLite when another process is writing, after its time-out, or when
/// it has stopped a statement (9).
fn is_away(error: &dyn DatabaseError) -> bool {
    let code = error.code();
    let stops = matches!(code.as_deref(), Some("57P01" | "57P02" | "57P03" | "53300" | "57014" | "9"));
    stops || error.message().contains("database is locked")
}

/// Why the database takes no change, where it says so. Waiting doesn't help.
pub fn unwritable(error: &sqlx::Error) -> Option<&'static str> {
    const FULL: &str = "the disk of the database is full";
    let error = error.as_database_error()?;
    match error.code()?.as_ref() {
        // PostgreSQL, then SQLite, whose limit may be one of its own.
        "53100" | "13" => Some(FULL),
        // PostgreSQL has no code for a quota that is used up.
        "XX000" if error.message().contains("quota exceeded") => Some(FULL),
        // SQLite can lengthen, or write at all, neither its journal (778, also by a quota) nor the index of that (4874).
        "778" | "4874" => Some("the database can't be written"),
        // PostgreSQL, as a standby is; SQLite, whose file or folder this process may not write.
        "25006" | "8" | "264" | "520" | "776" | "1032" | "1288" | "1544" => Some("the database is read-only"),
        _ => None,
    }
}
