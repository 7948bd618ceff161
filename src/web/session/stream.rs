//! `GET /session/events`: an open page hears of the end of its session the moment it comes. Server side.
//!
//! Server-sent events. A stream waits for the set of revocations in memory and for the known end of the session; it
//! reads the database when it opens and when one of the two says that the session may be over, never in between.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior},
};

use crate::{
    auth::{
        revocations::{EndReason, set::RevocationSubject},
        sessions::{Ended, guard::LoggedIn, session::LogIn, store, terminate::Terminator},
        users,
    },
    base::{error::AppError, state::AppState},
    web::{
        guards::Guards,
        origin,
        problem::Problem,
        session::open_streams::{Place, Stop},
    },
};

/// Where the stream is. To listen is no use of the session: an open page alone keeps no one logged in.
pub const PATH: &str = "/session/events";

/// After a lost connection the browser asks again so much later.
const RETRY: Duration = Duration::from_secs(2);

/// Seconds after which a user with too many streams may try again.
const RETRY_AFTER_TOO_MANY: u16 = 60;

/// nginx would keep the events back until it has a page full of them.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Tells the page of the end of its session, now or when it comes.
///
/// # Errors
/// 401 to no one, 403 to another site, 429 beyond the streams that one user may have.
pub async fn events(
    Extension(guards): Extension<Guards>,
    someone: Option<Extension<LoggedIn>>,
    ended: Option<Extension<Ended>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    origin::refuse_other_sites(&headers)?;
    // The session that the page was made for. Only compared with that of the cookie, never looked up.
    let mut asked = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let meant = asked.find_map(|(name, sid)| (name == "sid").then_some(sid));
    let someone = someone.map(|Extension(someone)| someone);
    let is_over = || over(meant.as_deref()?, someone.as_ref(), &guards.terminator);
    if let Some(ended) = ended.map(|Extension(ended)| ended).or_else(is_over) {
        return Ok(respond(stream::iter([Ok(telling(&ended))])));
    }
    let Some(LoggedIn { user, log_in, .. }) = someone else { return Err(AppError::NotLoggedIn.into()) };
    let max = guards.terminator.state.config.streams_per_user;
    let Some(place) = guards.streams.take_up_to(&user.id, max) else { return Ok(too_many()) };
    let mut watching = Watching::new(&guards, (*log_in).clone(), user.epoch, place);
    // It may have ended while this request was on its way.
    if let Some(ended) = watching.look().await? {
        return Ok(respond(stream::iter([Ok(telling(&ended))])));
    }
    let opening = stream::iter([Ok(Event::default().retry(RETRY).comment("listening"))]);
    Ok(respond(opening.chain(stream::unfold(Some(watching), |watching| async {
        let (event, watching) = watching?.next().await?;
        Some((Ok(event), watching))
    }))))
}

/// Whether the session of the page is over because the browser has another one now, or none any more: with another
/// one someone logged in again, and only a logout takes the cookie away.
fn over(meant: &str, someone: Option<&LoggedIn>, terminator: &Terminator) -> Option<Ended> {
    match someone {
        Some(someone) if someone.log_in.sid == meant => None,
        Some(someone) => Some(Ended { reason: EndReason::Replaced, at: someone.log_in.created_at }),
        None => Some(Ended { reason: EndReason::LoggedOut, at: terminator.state.clock.now_ms() }),
    }
}

fn telling(ended: &Ended) -> Event {
    let data = serde_json::json!({ "reason": ended.reason.into_str(), "at": ended.at });
    Event::default().event("ended").data(data.to_string())
}

/// Server-sent events, which no one keeps and nothing holds back.
pub fn respond(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, Sse::new(events)).into_response()
}

/// What is said to who has as many streams as one may have.
pub fn too_many() -> Response {
    let words = "You have this site open in too many places. Close some of them.";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", words);
    ([(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_TOO_MANY))], problem).into_response()
}

/// One open stream.
struct Watching {
    terminator: Terminator,
    /// As it was when the row was last read.
    log_in: LogIn,
    /// The user's, as it was last read.
    epoch: i64,
    heartbeat: Interval,
    revoked: watch::Receiver<u64>,
    stop: Stop,
    _place: Place,
}

impl Watching {
    /// Listens from now on: what is read from the database afterwards misses nothing.
    fn new(guards: &Guards, log_in: LogIn, epoch: i64, place: Place) -> Self {
        let (terminator, streams) = (guards.terminator.clone(), &guards.streams);
        let mut heartbeat = tokio::time::interval(streams.heartbeat);
        // Not at once: the opening comment has just been sent.
        heartbeat.reset();
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (revoked, stop) = (terminator.revocations.changes(), streams.stopping());
        Self { terminator, log_in, epoch, heartbeat, revoked, stop, _place: place }
    }

    /// The next thing to say, and the stream if it goes on after that. `None`: it ends without a word, and the
    /// browser asks again.
    async fn next(mut self) -> Option<(Event, Option<Self>)> {
        loop {
            let may_be_over = tokio::select! {
                () = self.stop.asked_for() => return None,
                Ok(()) = self.revoked.changed() => self.is_dead(),
                _ = self.heartbeat.tick() => {
                    if !self.is_past_its_end() {
                        return Some((Event::default().comment("beat"), Some(self)));
                    }
                    true
                }
            };
            if may_be_over && let Some(ended) = self.look_again().await.ok()? {
                return Some((telling(&ended), None));
            }
        }
    }

    fn is_dead(&self) -> bool {
        let LogIn { sid, user_id, global_epoch, .. } = &self.log_in;
        let revocation_subject =
            RevocationSubject { user_id, sid, epoch: self.epoch, global_epoch: *global_epoch, granted: None };
        self.terminator.revocations.is_over(revocation_subject)
    }

    fn is_past_its_end(&self) -> bool {
        let now_ms = self.terminator.state.clock.now_ms();
        now_ms >= self.log_in.idle_expires_at.min(self.log_in.expires_at)
    }

    /// A session can live on under a newer epoch, so that is read again as well, and before the row.
    async fn look_again(&mut self) -> Result<Option<Ended>, AppError> {
        if let Some(user) = users::store::find_by_id(&self.terminator.state.db.pool, &self.log_in.user_id).await? {
            self.epoch = user.epoch;
        }
        self.look().await
    }

    /// How the session ended, if it did. If not, another tab may have moved its idle end.
    async fn look(&mut self) -> Result<Option<Ended>, AppError> {
        let AppState { db, clock, .. } = &self.terminator.state;
        let now_ms = clock.now_ms();
        let Some(row) = store::find_by_sid(&db.pool, &self.log_in.sid).await? else {
            return Ok(Some(Ended { reason: EndReason::Expired, at: now_ms }));
        };
        let ended = row.ended(now_ms);
        self.log_in = row.log_in;
        Ok(ended)
    }
}
