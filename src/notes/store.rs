//! The notes table. Every statement names the owner: a foreign id finds nothing. Server side.

use sqlx::{Any, Executor, FromRow};
use uuid::Uuid;

use super::{Note, NoteInput};
use crate::db::contains_pattern;

/// A row of `notes`.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    id: String,
    title: String,
    body: String,
    pinned_at: Option<i64>,
    version: i64,
    updated_at: i64,
}

impl From<Row> for Note {
    fn from(row: Row) -> Self {
        let Row { id, title, body, pinned_at, version, updated_at } = row;
        Self { id, title, body, pinned: pinned_at.is_some(), version, updated_at }
    }
}

macro_rules! returning_notes {
    ($statement:literal) => {
        concat!($statement, " returning id, title, body, pinned_at, version, updated_at")
    };
}

/// The user's notes that contain `words`, pinned ones first.
///
/// # Errors
/// When the database cannot be read.
pub async fn search(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    words: &str,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "select id, title, body, pinned_at, version, updated_at from notes \
         where user_id = $1 and search_text like $2 escape '\\' \
         order by case when pinned_at is null then 1 else 0 end, updated_at desc, id limit $3",
    )
    .bind(user_id)
    .bind(contains_pattern(words))
    .bind(limit)
    .fetch_all(db)
    .await
}

/// # Errors
/// When the database cannot be read.
pub async fn find(db: impl Executor<'_, Database = Any>, user_id: &str, id: &str) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as("select id, title, body, pinned_at, version, updated_at from notes where user_id = $1 and id = $2")
        .bind(user_id)
        .bind(id)
        .fetch_optional(db)
        .await
}

/// # Errors
/// When the database does not take it.
pub async fn insert(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    note: &NoteInput,
    now_ms: i64,
) -> Result<Row, sqlx::Error> {
    sqlx::query_as(returning_notes!(
        "insert into notes (id, user_id, title, body, search_text, pinned_at, version, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, 1, $7, $7)"
    ))
    .bind(Uuid::now_v7().to_string())
    .bind(user_id)
    .bind(&note.title)
    .bind(&note.body)
    .bind(search_text(note))
    .bind(note.pinned.then_some(now_ms))
    .bind(now_ms)
    .fetch_one(db)
    .await
}

/// Changes the note if it is still at `version`; `None` when it is not, or there is none.
///
/// # Errors
/// When the database does not take it.
pub async fn update(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    id: &str,
    version: i64,
    note: &NoteInput,
    now_ms: i64,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(returning_notes!(
        "update notes set title = $1, body = $2, search_text = $3, pinned_at = $4, version = version + 1, \
         updated_at = $5 where user_id = $6 and id = $7 and version = $8"
    ))
    .bind(&note.title)
    .bind(&note.body)
    .bind(search_text(note))
    .bind(note.pinned.then_some(now_ms))
    .bind(now_ms)
    .bind(user_id)
    .bind(id)
    .bind(version)
    .fetch_optional(db)
    .await
}

/// Deletes the note if it is still at `version`; `false` when it is not, or there is none.
///
/// # Errors
/// When the database does not take it.
pub async fn delete(
    db: impl Executor<'_, Database = Any>,
    user_id: &str,
    id: &str,
    version: i64,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query("delete from notes where user_id = $1 and id = $2 and version = $3")
        .bind(user_id)
        .bind(id)
        .bind(version)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

fn search_text(note: &NoteInput) -> String {
    format!("{}\n{}", note.title, note.body).to_lowercase()
}
