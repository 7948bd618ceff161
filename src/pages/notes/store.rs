//! The notes table and that of their words. Every statement names the owner: a foreign id finds nothing. Server side.

use sqlx::{AnyConnection, QueryBuilder};
use sqlx_macros::FromRow;
use uuid::Uuid;

use super::{Note, NoteInput};
use crate::base::{
    sql::{Change, Conn},
    words::{TYPED_MAX, range},
};

#[derive(Clone, Debug, FromRow)]
pub struct NoteRow {
    pub id: String,
    pub title: String,
    pub body: String,
    pub pinned_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    /// `None` for a note from before there were words, or they were folded otherwise.
    size: Option<i64>,
}

impl NoteRow {
    /// What it counts, in bytes.
    pub fn size(&self) -> i64 {
        self.size.unwrap_or_default()
    }
}

impl From<NoteRow> for Note {
    fn from(row: NoteRow) -> Self {
        let NoteRow { id, title, body, pinned_at, version, updated_at, .. } = row;
        Self { id, title, body, pinned: pinned_at.is_some(), version, updated_at }
    }
}

macro_rules! returning_notes {
    ($statement:literal) => {
        concat!($statement, " returning id, title, body, pinned_at, version, created_at, updated_at, size")
    };
}

/// The user's notes that have a word for each of these beginnings, pinned ones first. As many beginnings as there may be
/// are looked at.
pub async fn search(db: impl Conn<'_>, user_id: &str, words: &[String], limit: i64) -> sqlx::Result<Vec<NoteRow>> {
    // A range that is empty asks for nothing. The limit keeps databases from turning the question round: it is asked of
    // one note at a time, along the index of its words, up to the first that fits.
    let has_word = |place: usize| {
        let (from, to) = (2 * place + 2, 2 * place + 3);
        format!(
            "and (${from} = ${to} or (select 1 from note_words h where h.note_id = n.id and h.word >= ${from} \
             and h.word < ${to} limit 1) is not null) "
        )
    };
    let has_words: String = (0..TYPED_MAX).map(has_word).collect();
    // Which notes is found out without their texts: only those of the page are read.
    let mut builder = QueryBuilder::new(format!(
        "with page as materialized (select n.id, n.pinned_at, n.updated_at from notes n where n.user_id = $1 {has_words}\
         order by case when n.pinned_at is null then 1 else 0 end, n.updated_at desc, n.id limit $14) \
         select n.id, n.title, n.body, n.pinned_at, n.version, n.created_at, n.updated_at, n.size \
         from page p cross join notes n where n.id = p.id \
         order by case when p.pinned_at is null then 1 else 0 end, p.updated_at desc, p.id"
    ));
    let mut statement = builder.build_query_as().bind(user_id);
    for place in 0..TYPED_MAX {
        let (from, to) = words.get(place).map(|word| range(word)).unwrap_or_default();
        statement = statement.bind(from).bind(to);
    }
    statement.bind(limit).fetch_all(db).await
}

pub async fn find(db: impl Conn<'_>, user_id: &str, id: &str) -> sqlx::Result<Option<NoteRow>> {
    let statement = "select id, title, body, pinned_at, version, created_at, updated_at, size from notes \
                     where user_id = $1 and id = $2";
    sqlx::query_as(statement).bind(user_id).bind(id).fetch_optional(db).await
}

/// The note that was created under this key.
pub async fn find_made_under(db: impl Conn<'_>, user_id: &str, key: &str) -> sqlx::Result<Option<NoteRow>> {
    let statement = "select id, title, body, pinned_at, version, created_at, updated_at, size from notes \
                     where user_id = $1 and made_under = $2";
    sqlx::query_as(statement).bind(user_id).bind(key).fetch_optional(db).await
}

/// What a person has.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Used {
    pub notes: i64,
    pub bytes: i64,
}

pub async fn used(db: impl Conn<'_>, user_id: &str) -> sqlx::Result<Used> {
    let statement =
        "select count(*) as notes, cast(coalesce(sum(size), 0) as bigint) as bytes from notes where user_id = $1";
    sqlx::query_as(statement).bind(user_id).fetch_one(db).await
}

pub async fn insert(
    db: impl Conn<'_>,
    user_id: &str,
    note: &NoteInput,
    key: Option<&str>,
    size: i64,
    now_ms: i64,
) -> sqlx::Result<NoteRow> {
    sqlx::query_as(returning_notes!(
        "insert into notes (id, user_id, title, body, size, pinned_at, version, created_at, updated_at, made_under) \
         values ($1, $2, $3, $4, $5, $6, 1, $7, $7, $8)"
    ))
    .bind(Uuid::now_v7().to_string())
    .bind(user_id)
    .bind(&note.title)
    .bind(&note.body)
    .bind(size)
    .bind(note.pinned.then_some(now_ms))
    .bind(now_ms)
    .bind(key)
    .fetch_one(db)
    .await
}

/// Changes the note if it is still at `version`; `None` when it is not, or there is none.
pub async fn update(
    db: impl Conn<'_>,
    user_id: &str,
    id: &str,
    version: i64,
    note: &NoteInput,
    size: i64,
    now_ms: i64,
) -> sqlx::Result<Option<NoteRow>> {
    sqlx::query_as(returning_notes!(
        "update notes set title = $1, body = $2, size = $3, pinned_at = $4, version = version + 1, \
         updated_at = $5 where user_id = $6 and id = $7 and version = $8"
    ))
    .bind(&note.title)
    .bind(&note.body)
    .bind(size)
    .bind(note.pinned.then_some(now_ms))
    .bind(now_ms)
    .bind(user_id)
    .bind(id)
    .bind(version)
    .fetch_optional(db)
    .await
}

/// Deletes the note if it is still at `version`, and its words with it; `false` when it is not, or there is none.
pub async fn delete(db: impl Conn<'_>, user_id: &str, id: &str, version: i64) -> sqlx::Result<bool> {
    let statement = "delete from notes where user_id = $1 and id = $2 and version = $3";
    sqlx::query(statement).bind(user_id).bind(id).bind(version).hits(db).await
}

/// Words that are written with one statement: a long note has hundreds.
const WORDS_AT_ONCE: usize = 16;

/// Writes down by which words a note is found, in the place of those before.
pub async fn replace_words(db: &mut AnyConnection, note_id: &str, words: &[String]) -> sqlx::Result<()> {
    sqlx::query("delete from note_words where note_id = $1").bind(note_id).execute(&mut *db).await?;
    for some in words.chunks(WORDS_AT_ONCE) {
        let statement = "insert into note_words (note_id, word) values ($1, $2), ($1, $3), ($1, $4), ($1, $5), ($1, \
                         $6), ($1, $7), ($1, $8), ($1, $9), ($1, $10), ($1, $11), ($1, $12), ($1, $13), ($1, $14), \
                         ($1, $15), ($1, $16), ($1, $17) on conflict do nothing";
        let mut statement = sqlx::query(statement).bind(note_id);
        // The last of few words stands in every place that is left, and is written once.
        for place in 0..WORDS_AT_ONCE {
            statement = statement.bind(some.get(place).or(some.last()).map(|word| word.as_bytes().to_vec()));
        }
        statement.execute(&mut *db).await?;
    }
    Ok(())
}

/// Some of those whose words are still to be made.
pub async fn without_words(db: impl Conn<'_>, limit: i64) -> sqlx::Result<Vec<NoteRow>> {
    let statement = "select id, title, body, pinned_at, version, created_at, updated_at, size from notes where size is \
                     null order by id limit $1";
    sqlx::query_as(statement).bind(limit).fetch_all(db).await
}

/// Locks a note whose words are still to be made of just this version; `false` when another instance has made them.
pub async fn claim_words(db: impl Conn<'_>, id: &str, version: i64, size: i64) -> sqlx::Result<bool> {
    let statement = "update notes set size = $3 where id = $1 and version = $2 and size is null";
    sqlx::query(statement).bind(id).bind(version).bind(size).hits(db).await
}

/// Notes in the order in which they were made, after the one of this id.
pub async fn after(db: impl Conn<'_>, user_id: &str, after: &str, limit: i64) -> sqlx::Result<Vec<NoteRow>> {
    let statement = "select id, title, body, pinned_at, version, created_at, updated_at, size from notes \
                     where user_id = $1 and id > $2 order by id limit $3";
    sqlx::query_as(statement).bind(user_id).bind(after).bind(limit).fetch_all(db).await
}
