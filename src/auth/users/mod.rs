//! Who exists: a person with an account, and the password that they choose. Wire types for both sides.

#[cfg(feature = "ssr")]
pub mod cost;
#[cfg(feature = "ssr")]
pub mod costs_in_use;
#[cfg(feature = "ssr")]
pub mod credentials;
#[cfg(feature = "ssr")]
pub mod guessing;
pub mod list;
#[cfg(feature = "ssr")]
pub mod new_password;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod questions;
#[cfg(feature = "ssr")]
pub mod queue;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod upgrade;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::base::error::Invalid;

/// What a user may do at all. The texts are stored and stand in tokens: rename none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Role {
    User,
    /// Reads everything of administration and changes nothing.
    Auditor,
    Admin,
}

impl Role {
    /// The least right for whatever cannot be read: a broken row never makes an administrator.
    pub fn from_text(text: &str) -> Self {
        text.parse().unwrap_or(Self::User)
    }

    /// Whether the pages of administration are shown.
    pub fn oversees(self) -> bool {
        matches!(self, Self::Auditor | Self::Admin)
    }
}

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        let advice = self.refused.map(|why| why.to_string());
        Judgement { step: self.strength as u8, word: self.word().into(), advice }
    }

    /// A word or two.
    fn word(self) -> &'static str {
        match (self.refused, self.strength) {
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
