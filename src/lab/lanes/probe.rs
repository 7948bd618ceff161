//! The three lanes: what is kept of them, and how they are asked, two through the front door, one as a textbook would.
//! Server side.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::{
    auth::tokens::{
        claims::Claims,
        verify::{LEEWAY, verify},
    },
    base::{error::AppError, state::Stopwatch},
    lab::{
        browser::{Ask, Browser},
        visit::Visit,
        world::Lab,
    },
};

pub const KEPT: &str = "lanes";

/// As often as a timer goes.
const PAUSE: Duration = Duration::from_millis(1);

/// Longer than any end takes.
const REFUSED_WITHIN_MS: u64 = 3_000;

/// The newest start of the lanes, and what became of it. Times are milliseconds since the epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Sealed: what lies in the database opens nothing.
    pub browser: String,
    /// Of its token.
    pub claims: Claims,
    pub started_at: i64,
    pub end_asked_at: Option<i64>,
    pub ended: Option<End>,
}

/// How the session was ended. Measured from the moment before the request for it was sent, in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    pub at: i64,
    pub answer_us: u64,
    /// The first refused request; `None` where it was refused before, or none came.
    pub session_us: Option<u64>,
    pub ours_us: Option<u64>,
    /// The code of our token's first refusal: later on it is refused for its age as well.
    pub ours_code: String,
    /// What the administrator was told; empty after a logout.
    pub receipt: String,
}

impl Run {
    pub async fn of(lab: &Lab, visit: &Visit) -> Result<Option<Self>, AppError> {
        visit.result(lab, KEPT).await
    }

    pub fn token_expires_at(&self) -> i64 {
        self.claims.exp * 1000
    }

    /// When the token is refused for its age.
    pub fn token_dies_at(&self) -> i64 {
        self.token_expires_at() + LEEWAY * 1000
    }

    /// An end was asked for here a moment ago, and may be measured still.
    pub fn is_ending(&self, now_ms: i64) -> bool {
        self.ended.is_none() && self.end_asked_at.is_some_and(|at| now_ms.abs_diff(at) <= REFUSED_WITHIN_MS)
    }
}

pub struct Lanes {
    pub browser: Browser,
    token: String,
}

#[derive(PartialEq, Eq)]
pub enum Seen {
    Accepted,
    /// With the code of the API, where it gave one.
    Refused(String),
    /// The server was busy.
    Unclear,
}

impl Seen {
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl Lanes {
    pub fn of(lab: &Lab, run: &Run) -> Result<Self, AppError> {
        let browser: Browser = lab.opened(KEPT, &run.browser).ok_or(AppError::SessionOver)?;
        let token = browser.token(lab).ok_or(AppError::SessionOver)?.to_owned();
        Ok(Self { browser, token })
    }

    pub async fn look(&self, lab: &Lab) -> [Seen; 3] {
        // What a verifier finds that asks no one: the first half of what our API does.
        let is_plain_good = verify(&lab.state, &lab.keys, &self.token).is_ok();
        let plain = if is_plain_good { Seen::Accepted } else { Seen::Refused(String::new()) };
        [self.ask(lab, &Self::page()).await, self.ask(lab, &self.call()).await, plain]
    }

    /// For the session: the shortest page that needs one. Not as a browser asks: that would bring a new token each time.
    pub fn page() -> Ask {
        Ask { accept: "*/*", ..Ask::page("/account") }
    }

    /// For our token.
    pub fn call(&self) -> Ask {
        Ask::bearer(&self.token)
    }

    /// Leaves no line in the log: there would be thousands.
    pub async fn ask(&self, lab: &Lab, ask: &Ask) -> Seen {
        let Ok(answer) = self.browser.ask(lab, ask).with_subscriber(NoSubscriber::default()).await else {
            return Seen::Unclear;
        };
        match answer.status {
            303 if answer.header("location").starts_with("/login") => Seen::Refused(String::new()),
            200 | 303 => Seen::Accepted,
            401 => Seen::Refused(answer.code()),
            _ => Seen::Unclear,
        }
    }

    /// Microseconds on `watch` when the first refusal was there, and its code; `None` when none came.
    pub async fn until_refused(&self, lab: &Lab, ask: &Ask, watch: Stopwatch) -> Option<(u64, String)> {
        while watch.elapsed_ms() < REFUSED_WITHIN_MS {
            if let Seen::Refused(code) = self.ask(lab, ask).await {
                return Some((watch.elapsed_us(), code));
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }
}
