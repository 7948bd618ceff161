//! Passwords: what one is worth, how it is hashed and checked, and who hashes next. Knows no account. Wire types for both
//! sides.

#[cfg(feature = "ssr")]
pub mod cost;
#[cfg(feature = "ssr")]
pub mod hash;
#[cfg(feature = "ssr")]
pub mod new_password;
#[cfg(feature = "ssr")]
pub mod questions;
#[cfg(feature = "ssr")]
pub mod queue;
#[cfg(feature = "ssr")]
pub mod strength;
#[cfg(feature = "ssr")]
pub mod typed;

use serde::{Deserialize, Serialize};

use crate::base::error::Invalid;

/// Where a page asks how strong a password is.
pub const STRENGTH_PATH: &str = "/actions/password_strength";

/// The longest password, in characters: the end keeps the work bounded.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// How long a password would withstand guessing. The last two may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    VeryWeak,
    Weak,
    Fair,
    Good,
    Strong,
}

/// What a password is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    pub strength: Strength,
    /// Why it cannot be set, if it cannot.
    pub refused: Option<Invalid>,
}

/// What one is told about a password while typing it, in words: nothing of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// From 0 to 4.
    pub step: u8,
    pub word: String,
    /// Why it cannot be set, if it cannot.
    pub advice: Option<String>,
}

impl Assessment {
    pub fn refused(why: Invalid) -> Self {
        Self { strength: Strength::VeryWeak, refused: Some(why) }
    }

    pub fn judgement(self) -> Judgement {
        let advice = self.refused.as_ref().map(|why| why.to_string());
        Judgement { step: self.strength as u8, word: self.word().into(), advice }
    }

    fn word(&self) -> &'static str {
        match (&self.refused, self.strength) {
            (Some(Invalid::PasswordTooShort(_)), _) => "Too short",
            (Some(Invalid::PasswordTooLong), _) => "Too long",
            (_, Strength::VeryWeak) => "Very weak",
            (_, Strength::Weak) => "Weak",
            (_, Strength::Fair) => "Still too weak",
            (_, Strength::Good) => "Good",
            (_, Strength::Strong) => "Strong",
        }
    }
}
