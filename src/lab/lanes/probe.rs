//! Asks the three lanes: two through the front door, one as a textbook would. Server side.

use std::time::Duration;

use axum::http::Method;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::{
    auth::tokens::{ProblemAnswer, verify::verify},
    base::{error::AppError, state::Stopwatch},
    lab::{
        browser::{Ask, Browser},
        world::Lab,
    },
};

/// Between two questions of [`Lanes::until_refused`]: as often as a timer goes.
const PAUSE: Duration = Duration::from_millis(1);

/// Longer than any end takes.
pub const REFUSED_WITHIN_MS: u64 = 3_000;

/// The credentials that are asked about.
#[derive(Clone)]
pub struct Lanes {
    pub browser: Browser,
    token: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Session,
    Ours,
}

/// What became of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Accepted,
    /// With the code of the API, where it gave one.
    Refused(String),
    /// Neither: the server was busy.
    Unclear,
}

impl Seen {
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl Lanes {
    /// # Errors
    /// [`AppError::SessionOver`] when it cannot be read.
    pub fn of(lab: &Lab, browser: Option<Browser>) -> Result<Self, AppError> {
        let browser = browser.ok_or(AppError::SessionOver)?;
        let token = browser.token(lab).ok_or(AppError::SessionOver)?.to_owned();
        Ok(Self { browser, token })
    }

    /// All three, in the order of the page.
    pub async fn look(&self, lab: &Lab) -> [Seen; 3] {
        [self.ask(lab, Lane::Session).await, self.ask(lab, Lane::Ours).await, self.plain(lab)]
    }

    /// Asks one of the two that the server decides on. Leaves no line in the log: there would be thousands.
    pub async fn ask(&self, lab: &Lab, lane: Lane) -> Seen {
        let ask = match lane {
            // The shortest page that needs a session. Not as a browser asks: that would bring a new token each time.
            Lane::Session => Ask { accept: "*/*", ..Ask::page("/account") },
            Lane::Ours => Ask::bearer(Method::GET, "/api/v1/me", &self.token),
        };
        let Ok(answer) = self.browser.ask(lab, &ask).with_subscriber(NoSubscriber::default()).await else {
            return Seen::Unclear;
        };
        match answer.status {
            200 => Seen::Accepted,
            303 if answer.header("location").starts_with("/login") => Seen::Refused(String::new()),
            303 => Seen::Accepted,
            401 => Seen::Refused(serde_json::from_str::<ProblemAnswer>(&answer.body).unwrap_or_default().code),
            _ => Seen::Unclear,
        }
    }

    /// What a verifier finds that asks nobody. This is the first half of what our API does: the second one asks the
    /// revocations.
    pub fn plain(&self, lab: &Lab) -> Seen {
        match verify(&lab.state.config, &lab.keys, &lab.state.clock, &self.token) {
            Ok(_) => Seen::Accepted,
            Err(_) => Seen::Refused(String::new()),
        }
    }

    /// Microseconds on `watch` when the first refusal was there, and its code; `None` when none came.
    pub async fn until_refused(self, lab: Lab, lane: Lane, watch: Stopwatch) -> Option<(u64, String)> {
        while watch.elapsed_ms() < REFUSED_WITHIN_MS {
            if let Seen::Refused(code) = self.ask(&lab, lane).await {
                return Some((watch.elapsed_us(), code));
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }
}
