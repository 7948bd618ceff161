//! The stories of section 4: show the experiments, run one. Server side.

use serde::{Deserialize, Serialize};

use super::{
    About, Attack, Outcome, Script, Step, Verdict, list,
    play::{Players, play},
};
use crate::{
    auth::{sessions::session::GRACE_MS, tokens::KeyPurpose},
    base::{config::TokenAlgorithm, error::AppError},
    lab::{begin, browser::Browser, code::Cite, visit::Visit, world::Lab},
};

const THIEF: &str = "thief";

/// The first act with an old secret is over.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// Sealed: what lies in the database opens nothing.
    players: String,
    replaced_at: i64,
    steps: Vec<Step>,
    words: String,
}

pub async fn load(lab: &Lab, visit: Option<&Visit>) -> Result<Vec<Attack>, AppError> {
    let mut attacks = Vec::new();
    for about in &list::ALL {
        let mut attack =
            Attack { about, button: about.button, links: about.cites.iter().map(Cite::link).collect(), outcome: None };
        if let Some(visit) = visit {
            attack.outcome = visit.result(lab, &kept_as(about.id)).await?;
            if about.id == list::OLD_SECRET && waiting(lab, visit).await?.is_some() {
                attack.button = "Use the stolen cookie again (after 10 s)";
            }
        }
        attacks.push(attack);
    }
    Ok(attacks)
}

pub async fn run(id: &str) -> Result<(), AppError> {
    let lab = begin::here()?;
    let about = list::ALL.iter().find(|about| about.id == id).ok_or(AppError::BadRequest)?;
    let mut visit = begin::visit_for_experiment(&lab).await?;
    let outcome = match about.id {
        list::OLD_SECRET => old_secret(&lab, &visit, about).await?,
        list::OTHER_KEY if lab.keys.signing(KeyPurpose::All).await?.algorithm == TokenAlgorithm::Hs256 => {
            in_demo_browser(&lab, &mut visit, &list::WITHOUT_PUBLIC_KEY).await?
        }
        _ => in_demo_browser(&lab, &mut visit, &about.script).await?,
    };
    visit.keep_browser(&lab).await?;
    visit.keep_result(&lab, &kept_as(about.id), &outcome).await?;
    // Whoever was logged out by it is in again, for the next one.
    visit.ensure_logged_in(&lab).await?;
    leptos_axum::redirect(&format!("/lab?run={}#{}", outcome.ran_at, about.id));
    Ok(())
}

fn kept_as(id: &str) -> String {
    format!("attack-{id}")
}

async fn in_demo_browser(lab: &Lab, visit: &mut Visit, script: &Script) -> Result<Outcome, AppError> {
    let mut players = Players { owner: visit.browser.clone(), thief: visit.browser.clone() };
    let outcome = play(lab, visit, script, &mut players, Vec::new()).await?;
    visit.browser = players.owner;
    Ok(outcome)
}

async fn waiting(lab: &Lab, visit: &Visit) -> Result<Option<Waiting>, AppError> {
    Ok(visit.result::<Option<Waiting>>(lab, THIEF).await?.flatten())
}

/// The first act, or the second one where the first is over: ten seconds lie in between.
async fn old_secret(lab: &Lab, visit: &Visit, about: &About) -> Result<Outcome, AppError> {
    let now_ms = lab.state.clock.now_ms();
    let Some(Waiting { players, replaced_at, steps, words }) = waiting(lab, visit).await? else {
        return first_act(lab, visit, &about.script).await;
    };
    if now_ms - replaced_at <= GRACE_MS {
        let seconds = (replaced_at + GRACE_MS - now_ms) / 1000 + 1;
        let words = format!("Not yet: the ten seconds are over in {seconds} s. {words}");
        let point = steps.len().checked_sub(1);
        return Ok(Outcome { ran_at: now_ms, verdict: Verdict::Held, words, steps, point });
    }
    visit.keep_result(lab, THIEF, &None::<Waiting>).await?;
    let mut players: Players = lab.opened(THIEF, &players).ok_or_else(AppError::internal)?;
    play(lab, visit, &list::COMES_BACK, &mut players, steps).await
}

async fn first_act(lab: &Lab, visit: &Visit, script: &Script) -> Result<Outcome, AppError> {
    // A session of its own, which a logout of the demo browser does not end. What ends all of the demo user's ends it too; the
    // second act says so then.
    let mut owner = Browser::of_a_visitor(visit.browser.ip);
    owner.log_in(lab, &visit.email(lab).await?).await?;
    let mut players = Players { thief: owner.clone(), owner };
    let outcome = play(lab, visit, script, &mut players, Vec::new()).await?;
    if outcome.verdict == Verdict::Held {
        let players = lab.sealed(THIEF, &players)?;
        let (steps, words) = (outcome.steps.clone(), outcome.words.clone());
        let waiting = Waiting { players, replaced_at: lab.state.clock.now_ms(), steps, words };
        visit.keep_result(lab, THIEF, &Some(waiting)).await?;
    }
    Ok(outcome)
}
