//! The words by which notes are found, and what a note takes of a person's room. Server side.

use std::collections::HashSet;

use super::{NoteInput, store};
use crate::base::{
    db::Db,
    words::{TYPED_MAX, split},
};

/// By so many different words a note is found, the first of them: more than a text of 20,000 letters has in any language.
const NOTE_WORDS_MAX: usize = 2_000;

/// What a word takes in the database, about, with its place in the index, in bytes.
const WORD_BYTES: usize = 128;

/// The different words of a note, in their order, and what the note counts with them, in bytes.
pub fn of(note: &NoteInput) -> (Vec<String>, i64) {
    let mut seen = HashSet::new();
    let all = split(&note.title).chain(split(&note.body));
    let words: Vec<String> = all.filter(|word| seen.insert(word.clone())).take(NOTE_WORDS_MAX).collect();
    let bytes = note.title.len() + note.body.len() + words.len() * WORD_BYTES;
    (words, i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// The beginnings of words that someone looks for; those of the search of people, but for whole addresses.
pub fn typed(text: &str) -> Vec<String> {
    let mut words: Vec<String> = split(text).collect();
    words.dedup();
    words.truncate(TYPED_MAX);
    words
}

/// How many notes are read at once.
const BATCH: i64 = 50;

/// Makes the words of notes from before there were any. Cheap where there are none of those; several instances may do it
/// at once.
pub async fn make_missing_words(db: &Db) -> Result<(), sqlx::Error> {
    let mut done = 0;
    loop {
        let notes = store::without_words(&db.pool, BATCH).await?;
        if notes.is_empty() {
            return Ok(());
        }
        done += notes.len();
        let mut tx = db.begin_write().await?;
        for note in notes {
            let input = NoteInput { title: note.title, body: note.body, pinned: false };
            let (words, size) = of(&input);
            if store::claim_words(&mut *tx, &note.id, note.version, size).await? {
                store::replace_words(&mut tx, &note.id, &words).await?;
            }
        }
        tx.commit().await?;
        tracing::info!(done, "older notes can be found now");
    }
}
