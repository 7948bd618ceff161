//! Who exists: a person with an account. Wire types for both sides.

#[cfg(feature = "ssr")]
pub mod costs_in_use;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod upgrade;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

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

    pub fn words(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Auditor => "Auditor",
            Self::Admin => "Administrator",
        }
    }

    /// In a sentence: "Alice is now an auditor".
    pub fn with_article(self) -> &'static str {
        match self {
            Self::User => "a user",
            Self::Auditor => "an auditor",
            Self::Admin => "an administrator",
        }
    }

    /// Whether the pages of administration are shown.
    pub fn oversees(self) -> bool {
        matches!(self, Self::Auditor | Self::Admin)
    }
}
