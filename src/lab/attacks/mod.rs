//! Section 4 of the Lab: what can go wrong. Each experiment attacks the demo user's own session, through the front door.

#[cfg(feature = "ssr")]
pub mod forge;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
pub mod load;
pub mod page;
#[cfg(feature = "ssr")]
pub mod report;
#[cfg(feature = "ssr")]
pub mod role;
#[cfg(feature = "ssr")]
pub mod run;
#[cfg(feature = "ssr")]
pub mod sessions;
#[cfg(feature = "ssr")]
pub mod thief;
#[cfg(feature = "ssr")]
pub mod tokens;

use serde::{Deserialize, Serialize};

use super::{Exchange, code::Citation};

/// An experiment, and what it showed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    pub id: String,
    pub title: String,
    /// What is tried, and what it would bring.
    pub what: String,
    /// On the button.
    pub button: String,
    /// What stands in the way.
    pub defence: String,
    pub links: Vec<Citation>,
    pub outcome: Option<Outcome>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The defence did what it should.
    Held,
    /// Nobody was let in, but the answers show something else than this experiment: its session ended on the way.
    Disturbed,
    /// A request that must be refused was not. A bug.
    LetIn,
}

/// What really happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Milliseconds since the epoch.
    pub ran_at: i64,
    pub verdict: Verdict,
    /// In a sentence or two, from the answers.
    pub words: String,
    pub steps: Vec<Step>,
}

/// One thing that somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who does it.
    pub by: String,
    /// What they do, and what comes of it.
    pub words: String,
    /// A token as it is sent, taken apart: header, payload, signature.
    pub token: Vec<String>,
    pub exchange: Option<Exchange>,
}
