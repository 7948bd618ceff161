//! Who exists: a person with an account. Wire types for both sides; the rest is server side.

#[cfg(feature = "ssr")]
pub mod credentials;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod store;

use serde::{Deserialize, Serialize};

/// What a user may do at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Admin,
}

impl Role {
    /// As it is stored and as it stands in tokens.
    pub fn as_text(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The least right for whatever cannot be read: a broken row never makes an administrator.
    pub fn from_text(text: &str) -> Self {
        if text == "admin" { Self::Admin } else { Self::User }
    }
}
