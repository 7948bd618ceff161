//! What `latchkey doctor` finds: how things stand, and what to do about it. Server side.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// It works, and someone should know.
    Warning,
    Error,
}

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub state: State,
    pub message: String,
    /// What to do about it; empty where there is nothing to do.
    pub fix: String,
}

impl Finding {
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, state: State::Ok, message: message.into(), fix: String::new() }
    }

    pub fn warning(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Warning, message: message.into(), fix: fix.into() }
    }

    /// A warning where it is so, and in the same words ok where it is not.
    pub fn warning_if(is_so: bool, check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        if is_so { Self::warning(check, message, fix) } else { Self::ok(check, message) }
    }

    pub fn error(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Error, message: message.into(), fix: fix.into() }
    }

    /// In the words that stop a start: what is wrong, a semicolon, what to do.
    pub fn error_as_told(check: &'static str, told: &str) -> Self {
        let (message, fix) = told.split_once("; ").unwrap_or((told, ""));
        Self::error(check, message, fix)
    }
}
