//! What people type as a second factor, parsed once at the border. Server side.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::recovery::RecoveryCode;
use crate::base::error::{AppError, Invalid};

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
    /// Spaces and dashes do not count: apps show "123 456", and that is what gets pasted. Digits are digits, in whatever
    /// script a keyboard writes them; so are full-width letters letters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > BYTES_MAX {
            return Err(Invalid::CodeMalformed);
        }
        let shown = text.nfkc().filter(|c| !c.is_whitespace() && !is_dash(*c));
        let plain: String = shown.map(|c| ascii_digit(c).unwrap_or(c)).collect();
        match plain.len() {
            0 => Err(Invalid::CodeMissing),
            6 if plain.chars().all(|c| c.is_ascii_digit()) => Ok(Self::App(plain)),
            _ => RecoveryCode::parse(&plain).map(Self::Recovery).ok_or(Invalid::CodeMalformed),
        }
    }

    /// As [`parse`](Self::parse), where a recovery code is as good: whoever was asked for one meant one, and whoever typed
    /// letters. Of a hundred thousand one has none.
    pub fn parse_either(text: &str, asked_for_recovery: bool) -> Result<Self, Invalid> {
        let meant_recovery = asked_for_recovery || text.contains(|c: char| c.is_ascii_alphabetic());
        Self::parse(text).map_err(|wrong| match wrong {
            Invalid::CodeMalformed if meant_recovery => Invalid::RecoveryCodeMalformed,
            other => other,
        })
    }

    /// What to say where it lets no one in.
    pub fn wrong(&self) -> AppError {
        match self {
            Self::App(_) => AppError::WrongCode,
            Self::Recovery(_) => AppError::WrongRecoveryCode,
        }
    }
}

/// The digit of any script as the one that we write. Unicode promises that each script's ten stand in a row, from nought
/// to nine, and only tens of them beside each other.
fn ascii_digit(c: char) -> Option<char> {
    let is_digit = |at: u32| char::from_u32(at).is_some_and(|c| c.general_category() == GeneralCategory::DecimalNumber);
    let place = u32::from(c);
    let row = (0..=place).take_while(|back| is_digit(place - back)).count();
    char::from_digit(u32::try_from(row.checked_sub(1)? % 10).ok()?, 10)
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
