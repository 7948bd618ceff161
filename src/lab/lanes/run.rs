//! The stories of the lanes: show them, start them, end their session and measure how soon each is refused. Server side.

use std::sync::PoisonError;

use super::{
    LanesPage,
    probe::{End, KEPT, Lane, Lanes, Run},
    told::Told,
};
use crate::{
    auth::{
        sessions::Receipt,
        tokens::{
            claims::Claims,
            verify::{LEEWAY, verify},
        },
    },
    base::{db::Kind, error::AppError, state::Stopwatch},
    lab::{
        begin,
        browser::{Ask, Browser},
        code::{Cite, cites},
        visit::Visit,
        world::Lab,
    },
};

pub const CITES: &[Cite] = cites! {
    "auth/sessions/terminate.rs" terminate_with, "auth/revocations/set.rs" is_dead, "web/token/bearer.rs" from_request_parts,
    "auth/tokens/verify.rs" verify, "lab/lanes/run.rs" end,
    "tests/revocation.rs" a_token_from_before_a_force_logout_is_refused_by_the_very_next_call,
    "tests/revocation.rs" an_api_call_is_authenticated_without_the_database,
};

pub async fn load(lab: &Lab, visit: Option<&Visit>) -> Result<LanesPage, AppError> {
    let links = CITES.iter().map(Cite::link).collect();
    let none = LanesPage { told: None, one_writer: lab.state.db.kind == Kind::Sqlite, links };
    let Some(visit) = visit else { return Ok(none) };
    let Some(run) = Run::of(lab, visit).await? else { return Ok(none) };
    let Ok(lanes) = Lanes::of(lab, &run) else { return Ok(none) };
    let (seen, now_ms) = (lanes.look(lab).await, lab.state.clock.now_ms());
    let told = Told { run: &run, seen, found: [None; 3], now_ms };
    Ok(LanesPage { told: Some(told.text()), ..none })
}

/// The right to end the lanes of one demo user, given back when it is dropped: two ends at once would each tell a story.
struct Ending(Lab, String);

impl Ending {
    fn begin(lab: &Lab, user_id: &str) -> Result<Self, AppError> {
        let is_first = lab.ending.lock().unwrap_or_else(PoisonError::into_inner).insert(user_id.to_owned());
        if is_first { Ok(Self(lab.clone(), user_id.to_owned())) } else { Err(AppError::SessionOver) }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ending.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

pub async fn start() -> Result<(), AppError> {
    let lab = begin::here()?;
    let visit = begin::visit_for_experiment(&lab).await?;
    // A device of its own: a logout of the demo browser does not end this session. What concerns the whole user does, a
    // forced logout or a changed role; then the lanes say that it was something else.
    let mut browser = Browser::of_a_visitor(visit.browser.ip);
    browser.log_in(&lab, &visit.email(&lab).await?).await?;
    let token = browser.token(&lab).ok_or(AppError::Busy)?;
    let verified = verify(&lab.state, &lab.keys, token).map_err(|_| AppError::Busy)?;
    let browser = lab.sealed(KEPT, &browser)?;
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
    let _alone = Ending::begin(&lab, &visit.user_id)?;
    let mut run = Run::of(&lab, &visit).await?.filter(|run| run.ended.is_none()).ok_or(AppError::SessionOver)?;
    let lanes = Lanes::of(&lab, &run)?;
    let fields = [("user", &*visit.user_id), ("reason", "an experiment in the Lab")];
    let (who, ask) = match by {
        "force" => (lab.administrator().await?, Ask::action("force_logout", &fields)),
        "log_out" => (lanes.browser.clone(), Ask::action("log_out", &[])),
        _ => return Err(AppError::BadRequest),
    };
    if lanes.ask(&lab, Lane::Session).await.is_refused() {
        return Err(AppError::SessionOver);
    }
    run.end_asked_at = Some(lab.state.clock.now_ms());
    visit.keep_result(&lab, KEPT, &run).await?;
    run.ended = Some(measured(&lab, lanes, who, ask).await?);
    // Another instance may have told its end meanwhile, or new lanes were started: theirs stays.
    let kept = Run::of(&lab, &visit).await?;
    if kept.is_none_or(|kept| kept.started_at != run.started_at || kept.ended.is_some()) {
        return Err(AppError::SessionOver);
    }
    visit.keep_result(&lab, KEPT, &run).await?;
    visit.ensure_logged_in(&lab).await?;
    show(&run);
    Ok(())
}

/// Sends the request that ends the session.
async fn measured(lab: &Lab, lanes: Lanes, mut who: Browser, ask: Ask) -> Result<End, AppError> {
    let ours_is_accepted = !lanes.ask(lab, Lane::Ours).await.is_refused();
    let (at, watch) = (lab.state.clock.now_ms(), Stopwatch::start());
    // In tasks of their own: they ask while the end is under way.
    let session = tokio::spawn(lanes.clone().until_refused(lab.clone(), Lane::Session, watch));
    let ours = tokio::spawn(lanes.until_refused(lab.clone(), Lane::Ours, watch));
    let (answer, _) = who.send(lab, ask).await?;
    let answer_us = watch.elapsed_us();
    let session_us = session.await.ok().flatten().map(|(us, _)| us);
    let (ours_us, ours_code) = ours.await.ok().flatten().filter(|_| ours_is_accepted).unzip();
    let receipt = serde_json::from_str::<Receipt>(&answer.body).map(|receipt| receipt.words()).unwrap_or_default();
    Ok(End { at, answer_us, session_us, ours_us, ours_code: ours_code.unwrap_or_default(), receipt })
}

fn show(run: &Run) {
    leptos_axum::redirect(&format!("/lab?run={}#revocation", run.started_at));
}
