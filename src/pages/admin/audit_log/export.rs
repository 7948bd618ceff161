//! `GET /admin/audit/export`: what was looked for, as a file that is read while it is sent. Server side.

use axum::{
    Extension,
    body::Body,
    extract::Query,
    http::{Uri, request::Parts},
    response::Response,
};
use futures::TryStreamExt;
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
    base::{db::again, error::AppError},
    ui::when::date,
    web::{caller::caller_of, download, guards::Guards, origin, problem::Problem},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    format: Format,
}

/// # Errors
/// 403 for who may not read the log, and for another site; 400 for what is not understood; 429 while another one of this
/// person is under way; 503 when the database is away.
pub async fn export(
    Extension(guards): Extension<Guards>,
    someone: Option<Extension<LoggedIn>>,
    parts: Parts,
) -> Result<Response, Problem> {
    let state = guards.terminator.state.clone();
    origin::refuse_other_sites(&parts.headers)?;
    let asked = AuditAsked { before: String::new(), ..from_query::<AuditAsked>(&parts.uri)? };
    let page = address(PAGE, &asked, &[]);
    let Some(Extension(someone)) = someone else { return Ok(download::first("/login", &page)) };
    let Overseer(reader) = match Overseer::check_fresh(someone, &state) {
        Err(AppError::ProofNeeded) => return Ok(download::first("/confirm", &page)),
        checked => checked?,
    };
    let format = from_query::<Wanted>(&parts.uri)?.format;
    let resolved = resolve(&state, &asked).await?;
    if !resolved.is_understood() {
        return Err(AppError::BadRequest.into());
    }
    // Held until the last piece is taken, or no one takes any more.
    let place =
        guards.streams.take_up_to(&format!("audit export of {}", reader.user.id), 1).ok_or(AppError::ExportUnderWay)?;
    let event = exported(Actor::User(reader.user.id.clone()), format, &resolved);
    let event = Event { sid: reader.log_in.sid.clone(), ..event.from_caller(&caller_of(&parts, &state.config)) };
    let now_ms = state.clock.now_ms();
    // Before the first byte: whoever takes the log along stands in it.
    again(|| event::store::insert(&state.db.pool, &event, now_ms)).await?;
    let name = format!("latchkey-audit-{}.{}", date(now_ms), format.into_str());
    let file = file(state.clone(), resolved.filter, format).and_then(move |piece| {
        let (_held, state, reader) = (&place, state.clone(), reader.clone());
        async move {
            let oversees = reader.still_live(&state).await?.role().oversees();
            if oversees { Ok(piece) } else { Err(AppError::NotAllowed) }
        }
    });
    Ok(download::file(&name, format.content_type(), Body::from_stream(file)))
}

fn from_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    Query::try_from_uri(uri).map(|Query(asked)| asked).map_err(|_| AppError::BadRequest.into())
}

/// The event that tells of an export.
pub fn exported(actor: Actor, format: Format, resolved: &Resolved) -> Event {
    let mut details = resolved.details();
    details.insert("format".into(), format.into_str().into());
    Event { details: Value::Object(details), ..Event::new(Kind::AuditExported, actor, "") }
}
