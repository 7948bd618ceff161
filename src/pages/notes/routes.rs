//! `/api/v1/notes`. Server side. No tab overwrites another: a change names the version that it saw (RFC 9110 13.1.1).

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use serde::Deserialize;

use super::{Note, NoteInput, NoteList, settings::NotesSettings, store, words, write};
use crate::{
    base::{
        db::again,
        error::{AppError, Invalid},
        state::AppState,
    },
    web::{json::JsonBody, preconditions::IfMatch, problem::Problem, token::bearer::ApiCaller},
};

/// Notes in one answer at most.
const LIST_MAX: usize = 200;

/// Of a search; the field of the page takes no more.
const SEARCH_MAX_CHARS: usize = 200;

const TITLE_MAX_CHARS: usize = 200;
const BODY_MAX_CHARS: usize = 20_000;
const KEY_MAX_CHARS: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Beginnings of words of title or text; all notes without it.
    #[serde(default)]
    q: String,
}

pub async fn list(
    caller: ApiCaller,
    State(state): State<Arc<AppState>>,
    search: Result<Query<Search>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<NoteList>, Problem> {
    let Query(Search { q }) = search.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    if q.chars().count() > SEARCH_MAX_CHARS {
        return Err(Problem::bad_request(format!("Search for {SEARCH_MAX_CHARS} characters at most.")));
    }
    let typed = words::typed(&q);
    if typed.is_empty() && !q.trim().is_empty() {
        // Signs alone begin no word.
        return Ok(Json(NoteList { notes: Vec::new(), more: false }));
    }
    let limit = i64::try_from(LIST_MAX).unwrap_or(i64::MAX) + 1;
    let mut rows = store::search(&state.db.pool, &caller.user_id, &typed, limit).await?;
    let more = rows.len() > LIST_MAX;
    rows.truncate(LIST_MAX);
    Ok(Json(NoteList { notes: rows.into_iter().map(Note::from).collect(), more }))
}

/// Under one `Idempotency-Key` once: whoever heard no answer asks again, and gets the same note.
pub async fn create(
    caller: ApiCaller,
    State(state): State<Arc<AppState>>,
    Extension(settings): Extension<NotesSettings>,
    headers: HeaderMap,
    JsonBody(input): JsonBody<NoteInput>,
) -> Result<impl IntoResponse, Problem> {
    let key = key_of(&headers)?;
    check(&input)?;
    let (row, is_new) = again(|| write::create(&state, &settings, &caller.user_id, &input, key)).await?;
    let note = Note::from(row);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = HeaderValue::from_str(&format!("/api/v1/notes/{}", note.id)).map_err(|_| AppError::internal())?;
    Ok((status, AppendHeaders([(header::LOCATION, location)]), tagged(note)))
}

fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut lines = headers.get_all("idempotency-key").into_iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let fits = |key: &&str| (1..=KEY_MAX_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = line.to_str().ok().filter(fits).filter(|_| lines.next().is_none());
    key.map(Some).ok_or_else(|| {
        Problem::bad_request(format!("Idempotency-Key must be 1 to {KEY_MAX_CHARS} visible ASCII characters."))
    })
}

pub async fn read(
    caller: ApiCaller,
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    Ok(tagged(find(&state, &caller, &id).await?))
}

pub async fn update(
    caller: ApiCaller,
    State(state): State<Arc<AppState>>,
    Extension(settings): Extension<NotesSettings>,
    Path(id): Path<String>,
    headers: HeaderMap,
    JsonBody(input): JsonBody<NoteInput>,
) -> Result<impl IntoResponse, Problem> {
    let meant = IfMatch::of(&headers)?;
    check(&input)?;
    // Where another change comes in between, it is looked at anew: `*` means that one, too.
    loop {
        let version = meant_version(&meant, find(&state, &caller, &id).await?)?;
        if let Some(row) = again(|| write::update(&state, &settings, &caller.user_id, &id, version, &input)).await? {
            return Ok(tagged(row.into()));
        }
    }
}

pub async fn delete(
    caller: ApiCaller,
    State(state): State<Arc<AppState>>,
    Extension(settings): Extension<NotesSettings>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let meant = IfMatch::of(&headers)?;
    loop {
        let version = meant_version(&meant, find(&state, &caller, &id).await?)?;
        if again(|| write::delete(&state, &settings, &caller.user_id, &id, version)).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
}

/// A note of someone else is not found, as if there were none.
async fn find(state: &AppState, caller: &ApiCaller, id: &str) -> Result<Note, Problem> {
    let row = store::find(&state.db.pool, &caller.user_id, id).await?;
    Ok(row.ok_or(AppError::NotFound)?.into())
}

fn check(input: &NoteInput) -> Result<(), AppError> {
    let mut wrong = Vec::new();
    if input.title.chars().count() > TITLE_MAX_CHARS {
        wrong.push(Invalid::TitleTooLong);
    }
    if input.body.chars().count() > BODY_MAX_CHARS {
        wrong.push(Invalid::BodyTooLong);
    }
    // PostgreSQL stores no NUL, and no text has one.
    if input.title.contains('\0') || input.body.contains('\0') {
        return Err(AppError::BadRequest);
    }
    if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
}

/// The version of the note, where `If-Match` means it. The change names it again, since another may come in between.
fn meant_version(meant: &IfMatch, note: Note) -> Result<i64, Problem> {
    if meant.admits(&note.version.to_string()) { Ok(note.version) } else { Err(changed(note)) }
}

fn changed(current: Note) -> Problem {
    let current = serde_json::to_value(current).unwrap_or_default();
    Problem::new(StatusCode::PRECONDITION_FAILED, "note_changed", "The note was changed meanwhile.")
        .with("current", current)
}

fn tagged(note: Note) -> impl IntoResponse {
    (AppendHeaders([(header::ETAG, format!("\"{}\"", note.version))]), Json(note))
}
