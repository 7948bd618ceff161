//! What `latchkey doctor` finds: how things stand, and what to do about it. Server side.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Good,
    /// It works, and somebody should know.
    Warning,
    Broken,
}

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub what: &'static str,
    pub state: State,
    /// What is so.
    pub words: String,
    /// What to do about it; empty where nothing is to be done.
    pub mend: String,
}

impl Finding {
    pub fn good(what: &'static str, words: impl Into<String>) -> Self {
        Self { what, state: State::Good, words: words.into(), mend: String::new() }
    }

    pub fn warning(what: &'static str, words: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, state: State::Warning, words: words.into(), mend: mend.into() }
    }

    pub fn broken(what: &'static str, words: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, state: State::Broken, words: words.into(), mend: mend.into() }
    }

    /// In the words that stop a start: what is so, a semicolon, what to do.
    pub fn broken_as_told(what: &'static str, told: &str) -> Self {
        let (words, mend) = told.split_once("; ").unwrap_or((told, ""));
        Self::broken(what, words, mend)
    }
}
