//! `GET /account/data/export`: everything that is kept about a person, for them. Server side.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::store;
use crate::{
    activity::words::entry,
    audit::{
        self,
        event::{Actor, Event, Kind},
        store::Row,
    },
    error::AppError,
    second_factor::store as factor_store,
    sessions::guard::LoggedIn,
    state::AppState,
    ui::when::date,
    web::{
        caller::{Caller, device_words},
        local_path::leading_to,
        origin,
        problem::Problem,
    },
};

/// The page that offers it.
const PAGE: &str = "/account/data";

/// Events that are read at once.
const EVENTS_AT_ONCE: i64 = 500;

/// A link cannot show a form, so who has to log in or to prove who they are is led to the page with the link.
///
/// # Errors
/// 403 for another site; 503 when the database is away.
pub async fn export(
    State(state): State<AppState>,
    someone: Option<Extension<LoggedIn>>,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    origin::refuse_other_sites(&parts.headers)?;
    let Some(Extension(someone)) = someone else { return Ok(go_to(&leading_to("/login", PAGE))) };
    if !someone.is_fresh(&state) {
        return Ok(go_to(&leading_to("/confirm", PAGE)));
    }
    let caller = Caller::of(&parts, &state.config);
    let (data, now_ms) = (collect(&state, &someone).await?, state.clock.now_ms());
    let mut event =
        Event::new(Kind::DataExported, Actor::User(someone.user.id.clone()), &someone.user.id).from_caller(&caller);
    event.sid.clone_from(&someone.log_in.sid);
    audit::store::insert(&state.db.pool, &event, now_ms).await.map_err(AppError::from)?;
    let text = serde_json::to_string_pretty(&data).map_err(AppError::from)?;
    Ok((file_headers(&format!("latchkey-data-{}.json", date(now_ms))), text).into_response())
}

fn file_headers(name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers
}

fn go_to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, AppendHeaders([(header::LOCATION, path.to_owned())])).into_response()
}

/// A person has some thousands of rows at most, so it is one document; no secret is in it, and no hash of one.
async fn collect(state: &AppState, LoggedIn { user, log_in, .. }: &LoggedIn) -> Result<Value, AppError> {
    let pool = &state.db.pool;
    let second_factor = factor_store::find(pool, &user.id).await?;
    Ok(json!({
        "from": state.config.issuer(),
        "made_at": moment(state.clock.now_ms()),
        "account": {
            "id": user.id,
            "email": user.email,
            "email_confirmed_at": user.verified_at.map(moment),
            "name": user.name,
            "role": user.role().as_text(),
            "created_at": moment(user.created_at),
            "second_factor_since": second_factor.as_ref().and_then(|row| row.confirmed_at).map(moment),
            "second_factor_goes_at": second_factor.and_then(|row| row.goes_at).map(moment),
        },
        "sessions": store::sessions(pool, &user.id).await?.into_iter().map(session).collect::<Vec<_>>(),
        "known_devices": store::devices(pool, &user.id).await?.into_iter().map(device).collect::<Vec<_>>(),
        "notes": store::notes(pool, &user.id).await?.into_iter().map(note).collect::<Vec<_>>(),
        "activity": activity(state, &user.id, &log_in.sid).await?,
    }))
}

fn session(row: store::SessionRow) -> Value {
    json!({
        "id": row.sid,
        "device": device_words(&row.user_agent),
        "user_agent": row.user_agent,
        "ip": row.ip,
        "created_at": moment(row.created_at),
        "last_seen_at": moment(row.last_seen_at),
        "expires_at": moment(row.expires_at),
        "ended_at": row.ended_at.map(moment),
        "end_reason": row.end_reason,
    })
}

fn device(row: store::DeviceRow) -> Value {
    json!({
        "device": device_words(&row.user_agent),
        "user_agent": row.user_agent,
        "ip": row.ip,
        "first_seen_at": moment(row.first_seen_at),
        "last_seen_at": moment(row.last_seen_at),
        "trusted_until": row.trusted_until.map(moment),
    })
}

fn note(row: store::NoteRow) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "text": row.body,
        "pinned": row.pinned_at.is_some(),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    })
}

/// All of it, in the words of the page.
async fn activity(state: &AppState, user_id: &str, sid: &str) -> Result<Vec<Value>, AppError> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let rows = audit::store::newest_of(&state.db.pool, user_id, before, EVENTS_AT_ONCE).await?;
        all.extend(rows.iter().map(|row| happened(row, sid)));
        match rows.last() {
            Some(row) => before = row.id.parse().ok(),
            None => return Ok(all),
        }
        if before.is_none() {
            return Ok(all);
        }
    }
}

fn happened(row: &Row, sid: &str) -> Value {
    json!({
        "at": moment(row.at),
        "event": row.event,
        "in_words": entry(row, sid).words,
        "device": row.device,
        "ip": row.ip,
        "session": row.sid,
    })
}

/// RFC 3339, in whole seconds.
fn moment(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", date.year(), u8::from(date.month()), date.day())
}
