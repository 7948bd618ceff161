//! What people type as a second factor, parsed once at the border. Server side.

use super::recovery::RecoveryCode;
use crate::error::Invalid;

/// Longer text is not looked at.
const BYTES_MAX: usize = 100;

/// A code, of either kind: their lengths tell them apart. Cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Code {
    /// Six digits of the authenticator app.
    App(String),
    Recovery(RecoveryCode),
}

impl Code {
    /// Spaces and dashes do not count: apps show "123 456", and that is what gets pasted.
    ///
    /// # Errors
    /// What to tell the person who typed it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > BYTES_MAX {
            return Err(Invalid::CodeMalformed);
        }
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)).collect();
        match plain.len() {
            0 => Err(Invalid::CodeMissing),
            6 if plain.chars().all(|c| c.is_ascii_digit()) => Ok(Self::App(plain)),
            _ => RecoveryCode::parse(&plain).map(Self::Recovery).ok_or(Invalid::CodeMalformed),
        }
    }
}

/// Phones turn a hyphen into something longer.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[code]")
    }
}
