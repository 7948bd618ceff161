//! The signing keys table. Server side.

use sqlx::{Any, Executor, FromRow};

/// A row of `signing_keys`.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    pub kid: String,
    pub algorithm: String,
    pub public_key: String,
    pub private_key_sealed: String,
    pub created_at: i64,
}

/// Every key, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: impl Executor<'_, Database = Any>) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "select kid, algorithm, public_key, private_key_sealed, created_at from signing_keys order by created_at, kid",
    )
    .fetch_all(db)
    .await
}

/// # Errors
/// When the database does not take it.
pub async fn insert(db: impl Executor<'_, Database = Any>, row: &Row) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into signing_keys (kid, algorithm, public_key, private_key_sealed, created_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(&row.kid)
    .bind(&row.algorithm)
    .bind(&row.public_key)
    .bind(&row.private_key_sealed)
    .bind(row.created_at)
    .execute(db)
    .await
    .map(|_| ())
}
