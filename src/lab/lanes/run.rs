//! The stories of the lanes: start them, end their session and measure how long each lives on. Server side.

use serde::{Deserialize, Serialize};

use super::probe::{Lane, Lanes};
use crate::{
    error::AppError,
    lab::{
        begin,
        browser::{Answer, Ask, Browser},
        visit::Visit,
        world::Lab,
    },
    sessions::Receipt,
    state::Stopwatch,
    tokens::verify::{LEEWAY, verify},
};

const KEPT: &str = "lanes";
const SEAL: &str = "browser of the Lab's lanes";

/// The newest start of the lanes, and what became of it. Times are milliseconds since the epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Sealed: what lies in the database opens nothing.
    browser: String,
    pub started_at: i64,
    /// When the token is refused for its age.
    pub token_dies_at: i64,
    pub ended: Option<End>,
}

/// How the session was ended. Measured from the moment before the request for it was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    pub at: i64,
    /// Until the answer to that request was there, in microseconds.
    pub answer_us: u64,
    /// Until the first refused request of the session and of our token; `None` where it was dead before, or none came.
    pub session_us: Option<u64>,
    pub ours_us: Option<u64>,
    /// What the administrator was told; empty after a log-out.
    pub receipt: String,
}

impl Run {
    /// The newest of a visit.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(lab: &Lab, visit: &Visit) -> Result<Option<Self>, AppError> {
        visit.result(lab, KEPT).await
    }

    pub fn browser(&self, lab: &Lab) -> Option<Browser> {
        serde_json::from_slice(&lab.secret.open(SEAL, &self.browser)?).ok()
    }
}

pub async fn start() -> Result<(), AppError> {
    let lab = begin::here()?;
    let visit = begin::visit_for_experiment(&lab).await?;
    // A device of its own: what the other experiments do to the demo browser must not end this session.
    let mut browser = Browser::of_a_visitor(visit.browser.ip);
    browser.log_in(&lab, &visit.email(&lab).await?).await?;
    let token = browser.token(&lab).ok_or(AppError::Busy)?;
    let verified = verify(&lab.state.config, &lab.keys, &lab.state.clock, token).map_err(|_| AppError::Busy)?;
    let browser = lab.secret.seal(SEAL, &serde_json::to_vec(&browser)?).ok_or_else(AppError::internal)?;
    let token_dies_at = (verified.claims.exp + LEEWAY) * 1000;
    let run = Run { browser, started_at: lab.state.clock.now_ms(), token_dies_at, ended: None };
    visit.keep_result(&lab, KEPT, &run).await?;
    show(&run);
    Ok(())
}

pub async fn end(by: &str) -> Result<(), AppError> {
    let lab = begin::here()?;
    let mut visit = begin::visit_for_experiment(&lab).await?;
    let mut run = Run::of(&lab, &visit).await?.filter(|run| run.ended.is_none()).ok_or(AppError::SessionOver)?;
    let lanes = Lanes::of(&lab, &run)?;
    let fields = [("user", &*visit.user_id), ("reason", "an experiment in the Lab")];
    let (mut who, ask) = match by {
        "force" => (lab.administrator().await?, Ask::action("force_log_out", &fields)),
        "log_out" => (lanes.browser.clone(), Ask::action("log_out", &[])),
        _ => return Err(AppError::BadRequest),
    };
    // What was dead before has nothing to be measured.
    if lanes.ask(&lab, Lane::Session).await.is_refused() {
        return Err(AppError::SessionOver);
    }
    let ours_lives = !lanes.ask(&lab, Lane::Ours).await.is_refused();

    let (at, watch) = (lab.state.clock.now_ms(), Stopwatch::start());
    // In tasks of their own: they ask while the end is under way.
    let session = tokio::spawn(lanes.clone().until_refused(lab.clone(), Lane::Session, watch));
    let ours = tokio::spawn(lanes.until_refused(lab.clone(), Lane::Ours, watch));
    let (answer, _) = who.send(&lab, ask).await?;
    let answer_us = watch.elapsed_us();
    let session_us = session.await.ok().flatten();
    let ours_us = ours.await.ok().flatten().filter(|_| ours_lives);
    run.ended = Some(End { at, answer_us, session_us, ours_us, receipt: receipt(&answer) });
    visit.keep_result(&lab, KEPT, &run).await?;
    visit.ensure_logged_in(&lab).await?;
    show(&run);
    Ok(())
}

fn receipt(answer: &Answer) -> String {
    serde_json::from_str::<Receipt>(&answer.body).map(|receipt| receipt.words()).unwrap_or_default()
}

fn show(run: &Run) {
    leptos_axum::redirect(&format!("/lab?run={}#revocation", run.started_at));
}
