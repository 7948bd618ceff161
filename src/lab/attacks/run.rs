//! The stories of section 4: show the experiments, run one. Server side.

use serde::{Deserialize, Serialize};

use super::{
    Attack, Outcome, Script, Verdict, list,
    play::{Players, play},
};
use crate::{
    auth::{sessions::session::GRACE_MS, tokens::KeyPurpose},
    base::{config::TokenAlgorithm, error::AppError},
    lab::{
        visit::{self, Visit},
        world::Lab,
    },
};

const THIEF: &str = "thief";

/// The first act with an old secret is over.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// Sealed: what lies in the database opens nothing.
    players: String,
    first: Outcome,
}

pub async fn load(lab: &Lab, visit: Option<&Visit>) -> Result<Vec<Attack>, AppError> {
    let mut attacks = Vec::new();
    for about in &list::ALL {
        let mut attack = Attack { about, button: about.button, outcome: None };
        if let Some(visit) = visit {
            attack.outcome = visit.result(lab, &kept_as(about.id)).await?;
            if about.id == list::OLD_SECRET && visit.result::<Waiting>(lab, THIEF).await?.is_some() {
                attack.button = "Use the stolen cookie again (after 10 s)";
            }
        }
        attacks.push(attack);
    }
    Ok(attacks)
}

pub async fn run(id: &str) -> Result<(), AppError> {
    let about = list::ALL.iter().find(|about| about.id == id).ok_or(AppError::BadRequest)?;
    let (lab, mut visit) = visit::experiment().await?;
    let outcome = match about.id {
        list::OLD_SECRET => old_secret(&lab, &visit, &about.script).await?,
        list::OTHER_KEY if lab.keys.signing(KeyPurpose::All).await?.algorithm == TokenAlgorithm::Hs256 => {
            in_demo_browser(&lab, &mut visit, &list::WITHOUT_PUBLIC_KEY).await?
        }
        _ => in_demo_browser(&lab, &mut visit, &about.script).await?,
    };
    visit.keep_browser(&lab).await?;
    visit.keep_result(&lab, &kept_as(about.id), &outcome).await?;
    // Whoever was logged out by it is in again, for the next one.
    visit.ensure_logged_in(&lab).await?;
    visit::show(outcome.ran_at, about.id)
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

/// The first act, or the second one where the first is over: ten seconds lie in between.
async fn old_secret(lab: &Lab, visit: &Visit, script: &Script) -> Result<Outcome, AppError> {
    let now_ms = lab.now_ms();
    let Some(Waiting { players, first }) = visit.result(lab, THIEF).await? else {
        return first_act(lab, visit, script).await;
    };
    let left_ms = first.ran_at + GRACE_MS - now_ms;
    if left_ms >= 0 {
        let words = format!("Not yet: the ten seconds are over in {} s. {}", left_ms / 1000 + 1, first.words);
        return Ok(Outcome { ran_at: now_ms, words, ..first });
    }
    // No one waits any more.
    visit.keep_result(lab, THIEF, &()).await?;
    let mut players: Players = lab.opened(THIEF, &players).ok_or_else(AppError::internal)?;
    play(lab, visit, &list::COMES_BACK, &mut players, first.steps).await
}

async fn first_act(lab: &Lab, visit: &Visit, script: &Script) -> Result<Outcome, AppError> {
    // A session of its own, which a logout of the demo browser does not end. What ends all of the demo user's ends it too; the
    // second act says so then.
    let mut owner = visit.browser.another();
    owner.log_in(lab).await?;
    let mut players = Players { thief: owner.clone(), owner };
    let first = play(lab, visit, script, &mut players, Vec::new()).await?;
    if first.verdict != Verdict::Held {
        return Ok(first);
    }
    let waiting = Waiting { players: lab.sealed(THIEF, &players)?, first };
    visit.keep_result(lab, THIEF, &waiting).await?;
    Ok(waiting.first)
}
