//! The two ends of a statement: what it is run on, and what it changed. Server side.

use sqlx::{Any, Executor, any::AnyArguments, query::Query};

/// A pool, a connection or a transaction.
pub trait Conn<'c>: Executor<'c, Database = Any> {}

impl<'c, T: Executor<'c, Database = Any>> Conn<'c> for T {}

/// A statement that is run for what it changes.
pub trait Change {
    fn run<'c>(self, db: impl Conn<'c>) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// How many rows it changed.
    fn count<'c>(self, db: impl Conn<'c>) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Whether it changed a row.
    fn hits<'c>(self, db: impl Conn<'c>) -> impl Future<Output = sqlx::Result<bool>> + Send;

    /// Whether it finds a row.
    fn finds<'c>(self, db: impl Conn<'c>) -> impl Future<Output = sqlx::Result<bool>> + Send;
}

impl Change for Query<'_, Any, AnyArguments> {
    async fn run<'c>(self, db: impl Conn<'c>) -> sqlx::Result<()> {
        self.execute(db).await.map(|_| ())
    }

    async fn count<'c>(self, db: impl Conn<'c>) -> sqlx::Result<u64> {
        self.execute(db).await.map(|result| result.rows_affected())
    }

    async fn hits<'c>(self, db: impl Conn<'c>) -> sqlx::Result<bool> {
        self.count(db).await.map(|rows| rows > 0)
    }

    async fn finds<'c>(self, db: impl Conn<'c>) -> sqlx::Result<bool> {
        self.fetch_optional(db).await.map(|row| row.is_some())
    }
}
