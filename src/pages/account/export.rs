//! `GET /account/data/export`: everything that is kept about a person, for them, as a file that is read while it is sent.
//! Server side.

use std::sync::Arc;

use axum::{Extension, body::Body, extract::State, response::Response};
use futures::{Stream, stream::try_unfold};
use serde_json::{Value, json};
use strum::IntoStaticStr;

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
    let keepers = all.iter().filter(|part| part.list().is_some()).cloned().collect();
    let file = File { state, keepers, someone, _place: place };
    let name = format!("latchkey-data-{}.json", date(now_ms));
    Ok(download::file(&name, "application/json", Body::from_stream(pieces(file, head))))
}

/// What is written, and for whom.
struct File {
    state: AppState,
    /// Parts that keep something of a person.
    keepers: Vec<Arc<dyn Part>>,
    someone: LoggedIn,
    _place: Place,
}

/// How far the file is written.
enum Written {
    Nothing,
    /// Of a list, up to this row; `None` before its first.
    List(List, Option<Last>),
    All,
}

/// The lists, in their order.
#[derive(Clone, Copy, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
enum List {
    Sessions,
    #[strum(serialize = "known_devices")]
    Devices,
    /// Of the keeper at this place.
    Kept(usize),
    Activity,
}

/// The row that a list goes on after: what it is sorted by, and what tells those apart that are equal there.
type Last = (i64, String);

/// The file in pieces. Between two of them no connection is held, and none is made that no one takes.
fn pieces(file: File, head: String) -> impl Stream<Item = Result<String, AppError>> {
    try_unfold((file, Written::Nothing), move |(file, written)| {
        let head = head.clone();
        async move {
            let (piece, written) = match written {
                Written::All => return Ok(None),
                Written::Nothing => (head, Written::List(List::Sessions, None)),
                Written::List(list, last) => file.piece(list, last).await?,
            };
            Ok(Some((piece, (file, written))))
        }
    })
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

impl List {
    fn next(self, keepers: usize) -> Option<Self> {
        match self {
            Self::Sessions => Some(Self::Devices),
            Self::Devices if keepers > 0 => Some(Self::Kept(0)),
            Self::Kept(at) if at + 1 < keepers => Some(Self::Kept(at + 1)),
            Self::Devices | Self::Kept(_) => Some(Self::Activity),
            Self::Activity => None,
        }
    }
}

impl File {
    /// Some rows of a list, and how far the file is written then.
    async fn piece(&self, list: List, last: Option<Last>) -> Result<(String, Written), AppError> {
        self.someone.still_live(&self.state).await?;
        let mut piece = if last.is_none() { format!(",\n  \"{}\": [", self.name(list)) } else { String::new() };
        let rows = self.rows(list, last.as_ref()).await?;
        let mut separator = if last.is_none() { "\n    " } else { ",\n    " };
        for (row, _) in &rows {
            piece.push_str(separator);
            piece.push_str(&row.to_string());
            separator = ",\n    ";
        }
        if let Some((_, last)) = rows.into_iter().next_back() {
            return Ok((piece, Written::List(list, Some(last))));
        }
        piece.push_str("\n  ]");
        let written = match list.next(self.keepers.len()) {
            Some(next) => Written::List(next, None),
            None => {
                piece.push_str("\n}\n");
                Written::All
            }
        };
        Ok((piece, written))
    }

    fn name(&self, list: List) -> &'static str {
        match list {
            List::Kept(at) => self.keepers[at].list().unwrap_or_default(),
            list => list.into_str(),
        }
    }

    /// The next rows of a list, each with what the list goes on after.
    async fn rows(&self, list: List, last: Option<&Last>) -> Result<Vec<(Value, Last)>, AppError> {
        let (pool, LoggedIn { user, log_in, .. }) = (&self.state.db.pool, &self.someone);
        let id = &*user.id;
        let (at, key) = last.map_or((None, ""), |(at, key)| (Some(*at), &**key));
        Ok(match list {
            List::Sessions => {
                let rows = store::sessions(pool, id, (at.unwrap_or(i64::MAX), key), ROWS_AT_ONCE).await?;
                rows.into_iter().map(|row| (row.created_at, row.sid.clone(), session(row))).map(keyed).collect()
            }
            List::Devices => {
                let rows = store::devices(pool, id, (at.unwrap_or(i64::MIN), key), ROWS_AT_ONCE).await?;
                rows.into_iter().map(|row| (row.first_seen_at, row.public_id.clone(), device(row))).map(keyed).collect()
            }
            List::Kept(at) => {
                let rows = self.keepers[at].rows(&self.state, id, key).await?;
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
