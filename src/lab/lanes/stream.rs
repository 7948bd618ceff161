//! `GET /lab/lanes`: how the three lanes go on, as server-sent events. Server side.
//!
//! Asks every quarter of a second, and twenty times a second when something was revoked; says something when something
//! has changed, and once a second.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{Response, sse::Event},
};
use futures::stream;
use tokio::sync::watch;

use super::{
    probe::{Lanes, Seen},
    run::Run,
    told::Told,
};
use crate::{
    config::Config,
    error::AppError,
    lab::{visit::Visit, world::Lab},
    sessions::{
        open_streams::{OpenStreams, Place, Stop},
        stream::{respond, too_many},
    },
    state::Stopwatch,
    web::{origin, problem::Problem},
};

/// Open at once, of one visit.
const STREAMS_MAX: u32 = 3;

const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_AT_THE_END: Duration = Duration::from_millis(50);

/// Milliseconds after a revocation in which the questions come closer together.
const END_MS: u64 = 1_000;

/// Something is said at least this often, in milliseconds.
const SAID_EVERY_MS: u64 = 1_000;

/// What the stream needs of the server that it is on.
#[derive(Clone)]
pub struct At {
    pub lab: Option<Lab>,
    pub streams: OpenStreams,
    pub config: Arc<Config>,
}

/// Tells the page of a visit how its lanes go on.
///
/// # Errors
/// 404 where there is no Lab or no lane, 410 without a visit, 403 to another site, 429 beyond three streams.
pub async fn events(State(at): State<At>, headers: HeaderMap) -> Result<Response, Problem> {
    origin::refuse_other_sites(&headers)?;
    let lab = at.lab.ok_or(AppError::NotFound)?;
    let visit = Visit::of(&lab, &headers, &at.config).await?.ok_or(AppError::VisitOver)?;
    let run = Run::of(&lab, &visit).await?.ok_or(AppError::NotFound)?;
    let Some(place) = at.streams.take_up_to(&visit.user_id, STREAMS_MAX) else { return Ok(too_many()) };
    let watching = Watching::new(lab, visit, run.started_at, at.streams.stopping(), place);
    Ok(respond(stream::unfold(Some(watching), |watching| async {
        let (event, watching) = watching?.next().await?;
        Some((Ok(event), watching))
    })))
}

/// One open stream.
struct Watching {
    lab: Lab,
    visit: Visit,
    /// When the lanes were started that this is about.
    started_at: i64,
    found: [Option<i64>; 3],
    /// What was said last, and when.
    said: Option<(String, Stopwatch)>,
    revoked: watch::Receiver<u64>,
    revoked_at: Option<Stopwatch>,
    stop: Stop,
    _place: Place,
}

impl Watching {
    fn new(lab: Lab, visit: Visit, started_at: i64, stop: Stop, place: Place) -> Self {
        let revoked = lab.revocations.changes();
        let (found, said, revoked_at) = ([None; 3], None, None);
        Self { lab, visit, started_at, found, said, revoked, revoked_at, stop, _place: place }
    }

    /// The next thing to say, and the stream if it goes on after that.
    async fn next(mut self) -> Option<(Event, Option<Self>)> {
        loop {
            if self.said.is_some() && !self.wait().await {
                return None;
            }
            let run = Run::of(&self.lab, &self.visit).await.ok()??;
            if run.started_at != self.started_at {
                (self.started_at, self.found) = (run.started_at, [None; 3]);
            }
            let told = self.look(&run).await?;
            let now = format!("{}{}", told.said(), told.end());
            let is_due = |(said, at): &(String, Stopwatch)| *said != now || at.elapsed_ms() >= SAID_EVERY_MS;
            if told.is_over() {
                return Some((Event::default().data(told.text()), None));
            }
            if self.said.as_ref().is_none_or(is_due) {
                let event = Event::default().data(told.text());
                self.said = Some((now, Stopwatch::start()));
                return Some((event, Some(self)));
            }
        }
    }

    /// Until the next question; `false` when the server stops.
    async fn wait(&mut self) -> bool {
        let is_close = self.revoked_at.is_some_and(|watch| watch.elapsed_ms() < END_MS);
        tokio::select! {
            () = self.stop.asked_for() => return false,
            Ok(()) = self.revoked.changed() => self.revoked_at = Some(Stopwatch::start()),
            () = tokio::time::sleep(if is_close { PAUSE_AT_THE_END } else { PAUSE }) => {}
        }
        true
    }

    async fn look<'a>(&mut self, run: &'a Run) -> Option<Told<'a>> {
        let seen = Lanes::of(&self.lab, run).ok()?.look(&self.lab).await;
        let now_ms = self.lab.state.clock.now_ms();
        for (found, seen) in self.found.iter_mut().zip(&seen) {
            *found = found.filter(|_| Seen::is_refused(seen)).or_else(|| seen.is_refused().then_some(now_ms));
        }
        Some(Told { run, seen, found: self.found, now_ms })
    }
}
