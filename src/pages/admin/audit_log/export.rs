//! `GET /admin/audit/export`: what was looked for, as a file that is read while it is sent. Server side.

use axum::{
    Extension,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use futures::StreamExt;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    AuditAsked, PAGE,
    file::{Format, file},
    filter::{Resolved, address, resolve},
};
use crate::{
    auth::{
        event,
        event::{Actor, Event, Kind},
        sessions::guard::{LoggedIn, Overseer},
    },
    base::{db::again, error::AppError, state::AppState},
    ui::when::date,
    web::{caller::caller_of, local_path::leading_to, origin, problem::Problem, session::open_streams::OpenStreams},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    format: Format,
}

/// A link cannot show a form, so who has to log in or to prove who they are is led to the page with the link.
///
/// # Errors
/// 403 for who may not read the log, and for another site; 400 for what is not understood; 429 while another one of this
/// person is under way; 503 when the database is away.
pub async fn export(
    State(state): State<AppState>,
    State(streams): State<OpenStreams>,
    someone: Option<Extension<LoggedIn>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    origin::refuse_other_sites(&parts.headers)?;
    let asked = AuditAsked { before: String::new(), ..from_query::<AuditAsked>(&parts.uri)? };
    let page = address(PAGE, &asked, &[]);
    let Some(Extension(someone)) = someone else { return Ok(go_to(&leading_to("/login", &page))) };
    let Overseer(reader) = match Overseer::check_fresh(someone, &state) {
        Err(AppError::ProofNeeded) => return Ok(go_to(&leading_to("/confirm", &page))),
        checked => checked?,
    };
    let format = from_query::<Wanted>(&parts.uri)?.format;
    let resolved = resolve(&state, &asked).await?;
    if !resolved.is_understood() {
        return Err(AppError::BadRequest.into());
    }
    // Held until the last piece is taken, or no one takes any more.
    let place =
        streams.take_up_to(&format!("audit export of {}", reader.user.id), 1).ok_or(AppError::ExportUnderWay)?;
    let mut event =
        exported(Actor::User(reader.user.id.clone()), format, &resolved).from_caller(&caller_of(&parts, &state.config));
    event.sid.clone_from(&reader.log_in.sid);
    let now_ms = state.clock.now_ms();
    // Before the first byte: whoever takes the log along stands in it.
    again(|| event::store::insert(&state.db.pool, &event, now_ms)).await?;
    let name = format!("latchkey-audit-{}.{}", date(now_ms), format.into_str());
    let file = file(state, resolved.filter, format).inspect(move |_| {
        let _held = &place;
    });
    Ok((file_headers(format, &name), Body::from_stream(file)).into_response())
}

fn from_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    Query::try_from_uri(uri).map(|Query(asked)| asked).map_err(|_| AppError::BadRequest.into())
}

/// The event that tells of an export.
pub fn exported(actor: Actor, format: Format, resolved: &Resolved) -> Event {
    let mut details = resolved.details();
    details.insert("format".into(), format.into_str().into());
    let mut event = Event::new(Kind::AuditExported, actor, "");
    event.details = Value::Object(details);
    event
}

fn file_headers(format: Format, name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers
}

fn go_to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, AppendHeaders([(header::LOCATION, path.to_owned())])).into_response()
}
