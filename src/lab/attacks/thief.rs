//! A stolen secret that was replaced meanwhile. In two acts, since ten seconds lie in between. Server side.

use serde::{Deserialize, Serialize};

use super::{
    Outcome, Step, Verdict,
    report::{Report, is_let_in, refusal, verdict},
    sessions::{THIEF, leads_to_log_in, renew},
    tokens::OWNER,
};
use crate::{
    auth::sessions::session::GRACE_MS,
    base::error::AppError,
    lab::{
        browser::{Ask, Browser},
        visit::Visit,
        world::Lab,
    },
};

/// The browsers are sealed: what lies in the database opens nothing.
const SEAL: &str = "browsers of the Lab's thief";
const KEPT: &str = "thief";

/// The first act is over.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// The owner's browser and the thief's.
    browsers: String,
    /// Milliseconds since the epoch.
    replaced_at: i64,
    steps: Vec<Step>,
    first_words: String,
}

/// The first act, or the second one where the first is over.
pub async fn old_secret(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    match visit.result::<Option<Waiting>>(lab, KEPT).await?.flatten() {
        Some(waiting) if lab.state.clock.now_ms() - waiting.replaced_at <= GRACE_MS => Ok(too_early(lab, waiting)),
        Some(waiting) => {
            visit.keep_result(lab, KEPT, &None::<Waiting>).await?;
            thief_comes_back(lab, waiting).await
        }
        None => new_secret(lab, visit).await,
    }
}

/// Whether the second act comes next.
pub async fn waits(lab: &Lab, visit: &Visit) -> Result<bool, AppError> {
    Ok(visit.result::<Option<Waiting>>(lab, KEPT).await?.flatten().is_some())
}

async fn new_secret(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    // A session of its own: what ends only the demo browser's one, a log-out, leaves it alone. What ends everything of the
    // demo user ends it too; the second act says so then.
    let mut owner = Browser::of_a_visitor(visit.browser.ip);
    owner.log_in(lab, &visit.email(lab).await?).await?;
    let mut thief = owner.stolen();
    let confirm = Ask::action("confirm", &[("password", &lab.password)]);
    let words =
        "The cookie was copied a moment ago. Now you enter your password once more, as before every sensitive act.";
    let confirmed = report.send(&mut owner, OWNER, words, confirm).await?;
    let used = report.send(&mut owner, OWNER, "You go on with the new secret.", renew()).await?;
    let copy = report.send(&mut thief, THIEF, "The copy asks for a token.", renew()).await?;
    let replaced = is_let_in(&confirmed);
    let held = replaced && is_let_in(&used) && copy.status >= 400;
    let verdict = verdict(replaced && is_let_in(&copy), held);
    let replaced_at = lab.state.clock.now_ms();
    let words = format!(
        "Your session has a new secret. For ten seconds the one before still reads pages, for requests that were under \
         way, and gets no credential: {}. Wait these ten seconds, then press the button again.",
        refusal(&copy)
    );
    let outcome = report.end(verdict, &*words);
    if verdict != Verdict::Held {
        return Ok(outcome);
    }
    let browsers = lab.secret.seal(SEAL, &serde_json::to_vec(&(owner, thief))?).ok_or_else(AppError::internal)?;
    let waiting = Waiting { browsers, replaced_at, steps: outcome.steps.clone(), first_words: words };
    visit.keep_result(lab, KEPT, &Some(waiting)).await?;
    Ok(outcome)
}

fn too_early(lab: &Lab, waiting: Waiting) -> Outcome {
    let now_ms = lab.state.clock.now_ms();
    let seconds = (waiting.replaced_at + GRACE_MS - now_ms) / 1000 + 1;
    let words = format!("Not yet: the ten seconds are over in {seconds} s. {}", waiting.first_words);
    Outcome { ran_at: now_ms, verdict: Verdict::Held, words, steps: waiting.steps }
}

async fn thief_comes_back(lab: &Lab, waiting: Waiting) -> Result<Outcome, AppError> {
    let browsers = lab.secret.open(SEAL, &waiting.browsers).ok_or_else(AppError::internal)?;
    let (mut owner, mut thief): (Browser, Browser) = serde_json::from_slice(&browsers)?;
    let mut report = Report::after(lab, waiting.steps);
    let words = "More than ten seconds later: the copy of the secret before comes again.";
    let out = report.send(&mut thief, THIEF, words, Ask::page("/dashboard")).await?;
    let owners = report.send(&mut owner, OWNER, "And you?", renew()).await?;
    // Ended for another reason, it was ended by somebody else, before the thief came.
    let suspected = owners.status == 401 && owners.body.contains("theft_suspected");
    let let_in = is_let_in(&out) || is_let_in(&owners);
    Ok(report.end(
        verdict(let_in, leads_to_log_in(&out) && suspected),
        "A secret that was replaced came back, although your browser uses the new one already: somebody holds a copy. \
         Nobody can tell which of you is the thief, so the session is over for both, at once, and you are told why \
         (theft_suspected). Only one of you can log in again.",
    ))
}
