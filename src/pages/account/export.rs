//! `GET /account/data/export`: everything that is kept about a person, for them, as a file that is read while it is sent.
//! Server side.

use std::{collections::VecDeque, future::ready, sync::Arc};

use axum::{Extension, body::Body, extract::State, response::Response};
use futures::{
    Stream, StreamExt,
    stream::{once, try_unfold},
};
use serde_json::{Value, json};

use super::store;
use crate::{
    audit::{log, log::store::EventRow},
    auth::{event, event::Kind, second_factor::store as factor_store, sessions::guard::LoggedIn},
    base::{caller::device_words, db::again, error::AppError, rfc3339::seconds, state::AppState},
    pages::{
        activity::{Entry, words::entry},
        part::{Part, Parts},
    },
    ui::when::date,
    web::{caller::caller_of, download, guards::Guards, origin, problem::Problem, session::open_streams::Place},
};

/// The page that offers it.
const PAGE: &str = "/account/data";

/// Rows that are read, and sent, at once: memory does not grow with the file.
const ROWS_AT_ONCE: i64 = 500;

/// # Errors
/// 403 for another site; 429 while another one of this person is under way; 503 when the database is away.
pub async fn export(
    State(all): State<Parts>,
    Extension(guards): Extension<Guards>,
    someone: Option<Extension<LoggedIn>>,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let state = guards.terminator.state.clone();
    let (parts, _) = request.into_parts();
    origin::refuse_other_sites(&parts.headers)?;
    let Some(Extension(someone)) = someone else { return Ok(download::first("/login", PAGE)) };
    if !someone.is_fresh(&state) {
        return Ok(download::first("/confirm", PAGE));
    }
    // Held until the last piece is taken, or no one takes any more.
    let place =
        guards.streams.take_up_to(&format!("export of {}", someone.user.id), 1).ok_or(AppError::ExportUnderWay)?;
    let now_ms = state.clock.now_ms();
    let event = someone.event(Kind::DataExported, &caller_of(&parts, &state.config));
    let head = head(&state, &someone).await?;
    // Before the first byte: whoever takes it along stands in the log.
    again(|| event::store::insert(&state.db.pool, &event, now_ms)).await.map_err(AppError::from)?;
    let kept = all.iter().filter_map(|part| Some((part.list()?, List::Kept(Arc::clone(part)))));
    let lists = [("sessions", List::Sessions), ("known_devices", List::Devices)].into_iter().chain(kept);
    let lists = lists.chain([("activity", List::Activity)]).collect();
    let file = File { state, someone, lists, last: None, _place: place };
    let name = format!("latchkey-data-{}.json", date(now_ms));
    Ok(download::file(&name, "application/json", Body::from_stream(pieces(file, head))))
}

/// What is left to write, and for whom.
struct File {
    state: AppState,
    someone: LoggedIn,
    /// With their names; the first one is being written.
    lists: VecDeque<(&'static str, List)>,
    /// The row of that list that was written last.
    last: Option<Last>,
    _place: Place,
}

enum List {
    Sessions,
    Devices,
    /// Of a part that keeps something of a person.
    Kept(Arc<dyn Part>),
    Activity,
}

/// The row that a list goes on after: what it is sorted by, and what tells those apart that are equal there.
type Last = (i64, String);

/// The file in pieces. Between two of them no connection is held, and none is made that no one takes.
fn pieces(file: File, head: String) -> impl Stream<Item = Result<String, AppError>> {
    let lists = try_unfold(file, |mut file: File| async move {
        let piece = file.piece().await?;
        Ok::<_, AppError>(piece.map(|piece| (piece, file)))
    });
    once(ready(Ok(head))).chain(lists)
}

/// The beginning, without lists: no secret is in it, and no hash of one.
async fn head(state: &AppState, LoggedIn { user, .. }: &LoggedIn) -> Result<String, AppError> {
    let second_factor = factor_store::find(&state.db.pool, &user.id).await?;
    let change = store::find_email_change(&state.db.pool, &user.id, state.clock.now_ms()).await?;
    let account = json!({
        "id": user.id,
        "email": user.email,
        "email_confirmed_at": user.verified_at.map(seconds),
        "new_email": change.map(|change| change.email),
        "name": user.name,
        "role": user.role().into_str(),
        "created_at": seconds(user.created_at),
        "second_factor_since": second_factor.as_ref().and_then(|row| row.confirmed_at).map(seconds),
        "second_factor_goes_at": second_factor.and_then(|row| row.goes_at).map(seconds),
    });
    let (from, made_at) = (json!(state.config.issuer()), json!(seconds(state.clock.now_ms())));
    Ok(format!("{{\n  \"from\": {from},\n  \"made_at\": {made_at},\n  \"account\": {account}"))
}

impl File {
    /// Some rows of a list, or its end; `None` when all are written.
    async fn piece(&mut self) -> Result<Option<String>, AppError> {
        let Some((name, list)) = self.lists.front() else { return Ok(None) };
        self.someone.still_live(&self.state).await?;
        let rows = self.rows(list).await?;
        let (mut piece, mut separator) = match self.last {
            None => (format!(",\n  \"{name}\": ["), "\n    "),
            Some(_) => (String::new(), ",\n    "),
        };
        for (row, _) in &rows {
            piece.push_str(separator);
            piece.push_str(&row.to_string());
            separator = ",\n    ";
        }
        self.last = rows.into_iter().next_back().map(|(_, last)| last);
        if self.last.is_none() {
            self.lists.pop_front();
            piece.push_str(if self.lists.is_empty() { "\n  ]\n}\n" } else { "\n  ]" });
        }
        Ok(Some(piece))
    }

    /// The next rows of a list, each with what the list goes on after.
    async fn rows(&self, list: &List) -> Result<Vec<(Value, Last)>, AppError> {
        let (pool, LoggedIn { user, log_in, .. }) = (&self.state.db.pool, &self.someone);
        let id = &*user.id;
        let (at, key) = self.last.as_ref().map_or((None, ""), |(at, key)| (Some(*at), &**key));
        Ok(match list {
            List::Sessions => {
                let rows = store::sessions(pool, id, (at.unwrap_or(i64::MAX), key), ROWS_AT_ONCE).await?;
                rows.into_iter().map(|row| (row.created_at, row.sid.clone(), session(row))).map(keyed).collect()
            }
            List::Devices => {
                let rows = store::devices(pool, id, (at.unwrap_or(i64::MIN), key), ROWS_AT_ONCE).await?;
                rows.into_iter().map(|row| (row.first_seen_at, row.public_id.clone(), device(row))).map(keyed).collect()
            }
            List::Kept(part) => {
                let rows = part.rows(&self.state, id, key).await?;
                rows.into_iter().map(|(key, row)| (row, (0, key))).collect()
            }
            List::Activity => {
                let rows = log::store::newest_of(pool, id, key.parse().ok(), ROWS_AT_ONCE).await?;
                rows.iter().map(|row| (row.at, row.id.clone(), happened(row, &log_in.sid))).map(keyed).collect()
            }
        })
    }
}

fn keyed((at, key, row): (i64, String, Value)) -> (Value, Last) {
    (row, (at, key))
}

fn session(row: store::SessionRow) -> Value {
    json!({
        "id": row.sid,
        "device": device_words(&row.user_agent),
        "user_agent": row.user_agent,
        "ip": row.ip,
        "created_at": seconds(row.created_at),
        "last_seen_at": seconds(row.last_seen_at),
        "expires_at": seconds(row.expires_at),
        "ended_at": row.ended_at.map(seconds),
        "end_reason": row.end_reason,
    })
}

fn device(row: store::DeviceRow) -> Value {
    json!({
        "device": device_words(&row.user_agent),
        "user_agent": row.user_agent,
        "ip": row.ip,
        "first_seen_at": seconds(row.first_seen_at),
        "last_seen_at": seconds(row.last_seen_at),
        "trusted_until": row.trusted_until.map(seconds),
    })
}

/// In the words of the page.
fn happened(row: &EventRow, sid: &str) -> Value {
    let Entry { words, device, ip, .. } = entry(row, sid);
    json!({
        "at": seconds(row.at),
        "event": row.event,
        "in_words": words,
        "device": device,
        "ip": ip,
        "session": row.sid,
    })
}
