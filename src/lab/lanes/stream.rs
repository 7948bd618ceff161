//! `GET /lab/lanes`: how the three lanes go on, as server-sent events. Server side.
//!
//! Asks and tells once a second, and four times a second around the end of its own session. When the visit is over it
//! says so and ends.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{Response, sse::Event},
};
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::{
    probe::{Lanes, Run, Seen},
    told::{Told, without_visit},
};
use crate::{
    base::{
        error::AppError,
        state::{AppState, Stopwatch},
    },
    lab::{part::LabPart, visit::Visit, world::Lab},
    web::{
        guards::Guards,
        origin,
        problem::Problem,
        session::{
            open_streams::{Place, Stop},
            stream::{respond, too_many},
        },
    },
};

const STREAMS_MAX: u32 = 3;

const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_AT_THE_END: Duration = Duration::from_millis(250);

/// Milliseconds after the end of its own session in which the questions come closer together.
const END_MS: u64 = 1_000;

/// Tells the page of a visit how its lanes go on.
///
/// 404 where there is no Lab or no lane, 410 without a visit, 403 to another site, 429 beyond three streams, and where all
/// visits together have as many as they may.
pub async fn events(
    State(state): State<AppState>,
    Extension(part): Extension<LabPart>,
    Extension(guards): Extension<Guards>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    origin::refuse_other_sites(&headers)?;
    let lab = part.lab()?.clone();
    let visit = Visit::of(&lab, &headers, &state.config).await?.ok_or(AppError::VisitOver)?;
    let run = Run::of(&lab, &visit).await?.ok_or(AppError::NotFound)?;
    let Some(place) = guards.streams.take_up_to(&visit.user_id, STREAMS_MAX) else { return Ok(too_many()) };
    let Ok(share) = Arc::clone(&lab.streams).try_acquire_owned() else { return Ok(too_many()) };
    let watching = Watching::new(lab, visit, run, guards.streams.stopping(), (place, share));
    Ok(respond(stream::unfold(Some(watching), |watching| async {
        let (event, watching) = watching?.next().await?;
        Some((Ok(event), watching))
    })))
}

struct Watching {
    lab: Lab,
    visit: Visit,
    run: Run,
    found: [Option<i64>; 3],
    /// What was told last.
    text: String,
    revoked: watch::Receiver<u64>,
    /// Since the end of its own session was heard of.
    ended: Option<Stopwatch>,
    stop: Stop,
    _places: Places,
}

type Places = (Place, OwnedSemaphorePermit);

impl Watching {
    fn new(lab: Lab, visit: Visit, run: Run, stop: Stop, places: Places) -> Self {
        let revoked = lab.revocations.changes();
        let (found, text, ended) = ([None; 3], String::new(), None);
        Self { lab, visit, run, found, text, revoked, ended, stop, _places: places }
    }

    /// The next thing to say, and the stream if it goes on after that. `None`: it ends without a word, and the browser asks
    /// again.
    async fn next(mut self) -> Option<(Event, Option<Self>)> {
        if !self.text.is_empty() && !self.wait().await {
            return None;
        }
        let Some(run) = self.read().await.ok()? else {
            return Some((Event::default().data(without_visit(&self.text)), None));
        };
        let told = self.look(&run).await?;
        let (text, is_over) = (told.text(), told.is_over());
        self.text.clone_from(&text);
        Some((Event::default().data(text), (!is_over).then_some(self)))
    }

    /// The lanes as they are kept now, which may be newer ones; `None` when the visit is over.
    async fn read(&mut self) -> Result<Option<Run>, AppError> {
        if self.lab.state.clock.now_ms() >= self.visit.ends_at {
            return Ok(None);
        }
        let Some(run) = Run::of(&self.lab, &self.visit).await? else { return Ok(None) };
        if run.started_at != self.run.started_at {
            (self.found, self.ended) = ([None; 3], None);
        }
        self.run = run.clone();
        Ok(Some(run))
    }

    /// Until the next question; `false` when the server stops. Any revocation in the Lab wakes it, but only the one of its
    /// own session hurries it.
    async fn wait(&mut self) -> bool {
        let is_close = self.ended.is_some_and(|watch| watch.elapsed_ms() < END_MS)
            || self.run.is_ending(self.lab.state.clock.now_ms());
        let pause = tokio::time::sleep(if is_close { PAUSE_AT_THE_END } else { PAUSE });
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = self.stop.asked_for() => return false,
                () = &mut pause => return true,
                Ok(()) = self.revoked.changed() => {
                    let is_news = self.ended.is_none() && self.lab.revocations.is_over(self.run.revocation_subject(&self.visit.user_id));
                    if is_news {
                        self.ended = Some(Stopwatch::start());
                        return true;
                    }
                }
            }
        }
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
