//! A password as it was typed, parsed once at the border. Server side.

use super::PASSWORD_MAX_CHARS;
use crate::base::error::Invalid;

/// A password as typed: nothing trimmed, nothing folded (ASVS 6.2.8). Cannot be printed. One to be set comes from
/// [`super::hash::Passwords::parse_new`].
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password to be checked: only refused where no account can have it, before any hashing.
    pub fn parse_existing(text: String) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::PasswordMissing);
        }
        if text.len() > 4 * PASSWORD_MAX_CHARS || text.chars().count() > PASSWORD_MAX_CHARS {
            return Err(Invalid::PasswordTooLong);
        }
        Ok(Self(text))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[password]")
    }
}

/// A password that keeps the rule: [`super::new_password`] alone makes one. [`super::hash::Passwords::hash`] takes
/// nothing else, so no place that sets one can forget it.
#[derive(Clone, Debug)]
pub struct NewPassword(pub(super) Password);
