//! The stories of the lanes: show them, start them, end their session and measure how soon each is refused. Server side.

use super::{
    probe::{End, KEPT, Lanes, Run},
    told::Told,
};
use crate::{
    auth::{sessions::Receipt, tokens::verify::verify},
    base::{error::AppError, state::Stopwatch},
    lab::{
        browser::{Ask, Browser},
        code::{Cite, cites},
        visit::{self, Visit},
        world::Lab,
    },
};

pub const CITES: &[Cite] = cites! {
    "auth/sessions/terminate.rs" terminate_with, "auth/revocations/set.rs" is_dead, "web/token/bearer.rs" from_request_parts,
    "auth/tokens/verify.rs" verify, "lab/lanes/run.rs" end,
    "tests/revocation.rs" a_token_from_before_a_force_logout_is_refused_by_the_very_next_call,
    "tests/revocation.rs" an_api_call_is_authenticated_without_the_database,
};

/// The lanes as they are now; `None` before they were started.
pub async fn load(lab: &Lab, visit: &Visit) -> Result<Option<String>, AppError> {
    let Some(run) = Run::of(lab, visit).await? else { return Ok(None) };
    Ok(Told::look(lab, run, None).await.map(|told| told.text()))
}

pub async fn start() -> Result<(), AppError> {
    let (lab, visit) = visit::experiment().await?;
    // A device of its own: a logout of the demo browser does not end this session. What concerns the whole user does, a
    // forced logout or a changed role; then the lanes say that it was something else.
    let mut browser = visit.browser.another();
    browser.log_in(&lab).await?;
    let token = browser.token(&lab).ok_or(AppError::Busy)?;
    let claims = verify(&lab.state, &lab.keys, token).map_err(|_| AppError::Busy)?.claims;
    let (browser, started_at) = (lab.sealed(KEPT, &browser)?, lab.now_ms());
    let run = Run { browser, claims, started_at, end_asked_at: None, ended: None };
    visit.keep_result(&lab, KEPT, &run).await?;
    visit::show(started_at, "revocation")
}

/// One experiment runs at a time in this process, so no two ends of one session are measured at once. A second click leads
/// to what the first one showed, and so does one that comes after any other end.
pub async fn end(by: &str) -> Result<(), AppError> {
    let (lab, mut visit) = visit::experiment().await?;
    let mut run = Run::of(&lab, &visit).await?.ok_or(AppError::SessionOver)?;
    let lanes = Lanes::of(&lab, &run)?;
    let fields = [("user", &*visit.user_id), ("reason", "an experiment in the Lab")];
    let (who, ask) = match by {
        "force" => (lab.administrator().await?, Ask::action("force_logout", &fields)),
        "log_out" => (lanes.browser.clone(), Ask::action("log_out", &[])),
        _ => return Err(AppError::BadRequest),
    };
    if run.ended.is_some() || lanes.ask(&lab, &Lanes::page()).await.is_refused() {
        return visit::show(run.started_at, "revocation");
    }
    run.end_asked_at = Some(lab.now_ms());
    visit.keep_result(&lab, KEPT, &run).await?;
    run.ended = Some(measured(&lab, &lanes, &who, &ask).await?);
    // Another instance may have told its end meanwhile, or new lanes were started: theirs stays.
    let kept = Run::of(&lab, &visit).await?.ok_or(AppError::VisitOver)?;
    if kept.started_at == run.started_at && kept.ended.is_none() {
        visit.keep_result(&lab, KEPT, &run).await?;
    }
    visit.ensure_logged_in(&lab).await?;
    visit::show(kept.started_at, "revocation")
}

/// Sends the request that ends the session, and asks the lanes while it is under way.
async fn measured(lab: &Lab, lanes: &Lanes, who: &Browser, ask: &Ask) -> Result<End, AppError> {
    let (page, call) = (Lanes::page(), lanes.call());
    let ours_is_accepted = !lanes.ask(lab, &call).await.is_refused();
    let (at, watch) = (lab.now_ms(), Stopwatch::start());
    let session = lanes.until_refused(lab, &page, watch);
    let ours = lanes.until_refused(lab, &call, watch);
    let answered = async { Ok::<_, AppError>((who.ask(lab, ask).await?, watch.elapsed_us())) };
    let (session, ours, answered) = tokio::join!(session, ours, answered);
    let (answer, answer_us) = answered?;
    let session_us = session.map(|(us, _)| us);
    let (ours_us, ours_code) = ours.filter(|_| ours_is_accepted).unzip();
    let receipt = serde_json::from_str::<Receipt>(&answer.body).map(|receipt| receipt.words()).unwrap_or_default();
    Ok(End { at, answer_us, session_us, ours_us, ours_code: ours_code.unwrap_or_default(), receipt })
}
