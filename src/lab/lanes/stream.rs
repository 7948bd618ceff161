//! `GET /lab/lanes`: how the three lanes go on, as server-sent events. Server side.
//!
//! Asks and tells once a second, and four times a second while the end of its own session is measured. When the visit is
//! over it says so and ends.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    http::HeaderMap,
    response::{Response, sse::Event},
};
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::{probe::Run, told::Told};
use crate::{
    base::error::AppError,
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

/// Tells the page of a visit how its lanes go on.
///
/// 404 where there is no Lab or no lane, 410 without a visit, 403 to another site, 429 beyond three streams, and where all
/// visits together have as many as they may.
pub async fn events(
    Extension(part): Extension<LabPart>,
    Extension(guards): Extension<Guards>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    origin::refuse_other_sites(&headers)?;
    let lab = Arc::clone(part.lab()?);
    let visit = Visit::of(&lab, &headers).await?.ok_or(AppError::VisitOver)?;
    Run::of(&lab, &visit).await?.ok_or(AppError::NotFound)?;
    let place = guards.streams.take_up_to(&visit.user_id, STREAMS_MAX);
    let Some(places) = place.zip(Arc::clone(&lab.streams).try_acquire_owned().ok()) else { return Ok(too_many()) };
    let (revoked, stop) = (lab.revocations.changes(), guards.streams.stopping());
    let watching = Watching { lab, visit, told: None, revoked, stop, _places: places };
    Ok(respond(stream::unfold(Some(watching), |watching| async {
        let (event, watching) = watching?.next().await?;
        Some((Ok(event), watching))
    })))
}

struct Watching {
    lab: Arc<Lab>,
    visit: Visit,
    /// Last.
    told: Option<Told>,
    revoked: watch::Receiver<u64>,
    stop: Stop,
    _places: (Place, OwnedSemaphorePermit),
}

impl Watching {
    /// The next thing to say, and the stream if it goes on after that. `None`: it ends without a word, and the browser asks
    /// again.
    async fn next(mut self) -> Option<(Event, Option<Self>)> {
        if !self.wait().await {
            return None;
        }
        let is_over = self.lab.now_ms() >= self.visit.ends_at;
        // The lanes as they are kept now, which may be newer ones.
        let run = if is_over { None } else { Run::of(&self.lab, &self.visit).await.ok()? };
        let Some(run) = run else {
            return Some((Event::default().data(self.told.as_ref()?.without_visit()), None));
        };
        let told = Told::look(&self.lab, run, self.told.as_ref()).await?;
        let (event, is_over) = (Event::default().data(told.text()), told.is_over());
        self.told = Some(told);
        Some((event, (!is_over).then_some(self)))
    }

    /// Until the next question; `false` when the server stops. Any revocation in the Lab wakes it, but only the one of its
    /// own session hurries it.
    async fn wait(&mut self) -> bool {
        let Some(told) = &self.told else { return true };
        let is_measured = told.run.is_ending(self.lab.now_ms());
        let pause = tokio::time::sleep(if is_measured { PAUSE_AT_THE_END } else { PAUSE });
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = self.stop.asked_for() => return false,
                () = &mut pause => return true,
                Ok(()) = self.revoked.changed() => {
                    let is_news = !told.seen[1].is_refused();
                    if is_news && self.lab.revocations.is_over(told.run.claims.revocation_subject()) {
                        return true;
                    }
                }
            }
        }
    }
}
