//! Errors of transactions that gave way to another one. Server side.

/// PostgreSQL: someone else held the lock for longer than `lock_timeout`.
pub const LOCK_TIMEOUT: &str = "55P03";

/// An error after which the same transaction, run once more, may well succeed.
pub trait Collision {
    fn is_collision(&self) -> bool;
}

impl Collision for sqlx::Error {
    /// PostgreSQL has let another transaction go first (serialization failure, deadlock, `lock_timeout`); on SQLite the
    /// database has changed under a read that wants to write.
    fn is_collision(&self) -> bool {
        let code = self.as_database_error().and_then(|error| error.code());
        matches!(code.as_deref(), Some("40001" | "40P01" | LOCK_TIMEOUT | "517"))
    }
}
