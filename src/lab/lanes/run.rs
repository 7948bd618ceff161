//! The stories of the lanes: start them, end their session and measure how long each lives on. Server side.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::probe::{Lane, Lanes, REFUSED_WITHIN_MS};
use crate::{
    auth::{
        revocations::set::RevocationSubject,
        sessions::Receipt,
        tokens::{
            claims::Claims,
            verify::{LEEWAY, verify},
        },
    },
    base::{error::AppError, state::Stopwatch},
    lab::{
        begin,
        browser::{Answer, Ask, Browser},
        visit::Visit,
        world::Lab,
    },
};

const KEPT: &str = "lanes";
const SEAL: &str = "browser of the Lab's lanes";

/// The newest start of the lanes, and what became of it. Times are milliseconds since the epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Sealed: what lies in the database opens nothing.
    browser: String,
    /// Of the session, to know its end by.
    sid: String,
    epoch: i64,
    global_epoch: i64,
    pub started_at: i64,
    /// When the token is refused for its age.
    pub token_dies_at: i64,
    /// When an end was last asked for here.
    pub end_asked_at: Option<i64>,
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
    /// The code of our token's first refusal: later on it is refused for its age as well.
    pub ours_code: String,
    /// What the administrator was told; empty after a log-out.
    pub receipt: String,
}

impl Run {
    /// The newest of a visit.
    pub async fn of(lab: &Lab, visit: &Visit) -> Result<Option<Self>, AppError> {
        visit.result(lab, KEPT).await
    }

    pub fn browser(&self, lab: &Lab) -> Option<Browser> {
        serde_json::from_slice(&lab.secret.open(SEAL, &self.browser)?).ok()
    }

    /// What the revocations are asked about, to hear of the end of this session and of no other.
    pub fn revocation_subject<'a>(&'a self, user_id: &'a str) -> RevocationSubject<'a> {
        RevocationSubject { user_id, sid: &self.sid, epoch: self.epoch, global_epoch: self.global_epoch }
    }

    /// An end was asked for here a moment ago, and may be measured still.
    pub fn is_ending(&self, now_ms: i64) -> bool {
        let within = i64::try_from(REFUSED_WITHIN_MS).unwrap_or(i64::MAX);
        self.ended.is_none() && self.end_asked_at.is_some_and(|at| now_ms - at <= within)
    }
}

/// Demo users whose lanes are being ended by this process.
static ENDING: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// The right to end the lanes of one demo user, given back when it is dropped: two ends at once would each tell a story.
struct Cause(String);

impl Cause {
    /// # Errors
    /// [`AppError::SessionOver`] when another end is under way.
    fn begin(user_id: &str) -> Result<Self, AppError> {
        let is_first = ending().get_or_insert_default().insert(user_id.to_owned());
        if is_first { Ok(Self(user_id.to_owned())) } else { Err(AppError::SessionOver) }
    }
}

impl Drop for Cause {
    fn drop(&mut self) {
        ending().get_or_insert_default().remove(&self.0);
    }
}

fn ending() -> MutexGuard<'static, Option<HashSet<String>>> {
    ENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

pub async fn start() -> Result<(), AppError> {
    let lab = begin::here()?;
    let visit = begin::visit_for_experiment(&lab).await?;
    // A device of its own: a log-out of the demo browser does not end this session. What concerns the whole user does, a
    // forced log-out or a changed role; then the lanes say that it was something else.
    let mut browser = Browser::of_a_visitor(visit.browser.ip);
    browser.log_in(&lab, &visit.email(&lab).await?).await?;
    let token = browser.token(&lab).ok_or(AppError::Busy)?;
    let verified = verify(&lab.state.config, &lab.keys, &lab.state.clock, token).map_err(|_| AppError::Busy)?;
    let browser = lab.secret.seal(SEAL, &serde_json::to_vec(&browser)?).ok_or_else(AppError::internal)?;
    let Claims { sid, epoch, global_epoch, exp, .. } = verified.claims;
    let (started_at, token_dies_at) = (lab.state.clock.now_ms(), (exp + LEEWAY) * 1000);
    let run = Run { browser, sid, epoch, global_epoch, started_at, token_dies_at, end_asked_at: None, ended: None };
    visit.keep_result(&lab, KEPT, &run).await?;
    show(&run);
    Ok(())
}

pub async fn end(by: &str) -> Result<(), AppError> {
    let lab = begin::here()?;
    let mut visit = begin::visit_for_experiment(&lab).await?;
    let _alone = Cause::begin(&visit.user_id)?;
    let mut run = Run::of(&lab, &visit).await?.filter(|run| run.ended.is_none()).ok_or(AppError::SessionOver)?;
    let lanes = Lanes::of(&lab, run.browser(&lab))?;
    let fields = [("user", &*visit.user_id), ("reason", "an experiment in the Lab")];
    let (mut who, ask) = match by {
        "force" => (lab.administrator().await?, Ask::action("force_logout", &fields)),
        "log_out" => (lanes.browser.clone(), Ask::action("log_out", &[])),
        _ => return Err(AppError::BadRequest),
    };
    // What was dead before has nothing to be measured.
    if lanes.ask(&lab, Lane::Session).await.is_refused() {
        return Err(AppError::SessionOver);
    }
    let ours_lives = !lanes.ask(&lab, Lane::Ours).await.is_refused();

    run.end_asked_at = Some(lab.state.clock.now_ms());
    visit.keep_result(&lab, KEPT, &run).await?;
    let (at, watch) = (lab.state.clock.now_ms(), Stopwatch::start());
    // In tasks of their own: they ask while the end is under way.
    let session = tokio::spawn(lanes.clone().until_refused(lab.clone(), Lane::Session, watch));
    let ours = tokio::spawn(lanes.until_refused(lab.clone(), Lane::Ours, watch));
    let (answer, _) = who.send(&lab, ask).await?;
    let answer_us = watch.elapsed_us();
    let session_us = session.await.ok().flatten().map(|(us, _)| us);
    let (ours_us, ours_code) = ours.await.ok().flatten().filter(|_| ours_lives).unzip();
    let ours_code = ours_code.unwrap_or_default();
    run.ended = Some(End { at, answer_us, session_us, ours_us, ours_code, receipt: receipt(&answer) });
    // Another instance may have told its end meanwhile, or new lanes were started: theirs stays.
    let kept = Run::of(&lab, &visit).await?.filter(|kept| kept.started_at == run.started_at && kept.ended.is_none());
    if kept.is_none() {
        return Err(AppError::SessionOver);
    }
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
