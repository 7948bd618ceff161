//! What changes notes: each within what a person may have, and no faster than anybody types. Server side.

use super::{NoteInput, settings::NotesSettings, store, store::NoteRow, words};
use crate::{
    auth::{throttle, throttle::count::Limits, users},
    base::{db::Tx, error::AppError, state::AppState},
};

const MIB: i64 = 1024 * 1024;

/// The note, and whether it is new: what was created before under the same `key` is found again, as it is by now.
///
/// # Errors
/// [`AppError::TooManyChanges`], [`AppError::TooManyNotes`], [`AppError::NotesTooLarge`].
pub async fn create(
    state: &AppState,
    settings: &NotesSettings,
    user_id: &str,
    note: &NoteInput,
    key: Option<&str>,
) -> Result<(NoteRow, bool), AppError> {
    let (words, size) = words::of(note);
    let mut tx = begin(state, settings, user_id).await?;
    // The user's row is locked: of two at once the second finds the note of the first.
    if let Some(key) = key
        && let Some(row) = store::find_made_under(&mut *tx, user_id, key).await?
    {
        return Ok((row, false));
    }
    let used = store::used(&mut *tx, user_id).await?;
    if used.notes >= settings.notes_per_person {
        return Err(AppError::TooManyNotes { max: settings.notes_per_person });
    }
    check_room(settings, used.bytes + size)?;
    let row = store::insert(&mut *tx, user_id, note, key, size, state.clock.now_ms()).await?;
    store::replace_words(&mut tx, &row.id, &words).await?;
    tx.commit().await?;
    Ok((row, true))
}

/// Changes the note if it is still at `version`; `None` when it is not, or there is none.
///
/// # Errors
/// [`AppError::TooManyChanges`], [`AppError::NotesTooLarge`].
pub async fn update(
    state: &AppState,
    settings: &NotesSettings,
    user_id: &str,
    id: &str,
    version: i64,
    note: &NoteInput,
) -> Result<Option<NoteRow>, AppError> {
    let (words, size) = words::of(note);
    let mut tx = begin(state, settings, user_id).await?;
    let Some(before) = store::find(&mut *tx, user_id, id).await? else { return Ok(None) };
    // Whoever has too much by now, for the limit was lowered, may always make it less.
    if size > before.size() {
        check_room(settings, store::used(&mut *tx, user_id).await?.bytes - before.size() + size)?;
    }
    let Some(row) = store::update(&mut *tx, user_id, id, version, note, size, state.clock.now_ms()).await? else {
        return Ok(None);
    };
    if before.title != note.title || before.body != note.body {
        store::replace_words(&mut tx, id, &words).await?;
    }
    tx.commit().await?;
    Ok(Some(row))
}

/// Deletes the note if it is still at `version`; `false` when it is not, or there is none.
///
/// # Errors
/// [`AppError::TooManyChanges`].
pub async fn delete(
    state: &AppState,
    settings: &NotesSettings,
    user_id: &str,
    id: &str,
    version: i64,
) -> Result<bool, AppError> {
    let mut tx = begin(state, settings, user_id).await?;
    let deleted = store::delete(&mut *tx, user_id, id, version).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// One change of a person after the other, and counted: a refusal drops the transaction, and the count with it.
async fn begin(state: &AppState, settings: &NotesSettings, user_id: &str) -> Result<Tx, AppError> {
    let per_minute = settings.note_changes_per_minute;
    let limits = Limits { free: per_minute, longest_ms: 60_000, half_ms: 60_000 };
    let mut tx = state.db.begin_write().await?;
    users::store::lock(&mut *tx, user_id).await?;
    throttle::count_act(&mut tx, &format!("notes of {user_id}"), &limits, state.clock.now_ms()).await.map_err(
        |error| match error {
            AppError::TooManyTries { seconds } => AppError::TooManyChanges { seconds },
            other => other,
        },
    )?;
    Ok(tx)
}

fn check_room(settings: &NotesSettings, bytes: i64) -> Result<(), AppError> {
    let mib = settings.notes_mib_per_person;
    if bytes <= mib.saturating_mul(MIB) { Ok(()) } else { Err(AppError::NotesTooLarge { mib }) }
}
