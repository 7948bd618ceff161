//! How the API knows you: the stateless half. A key that was revoked is `killed` where that is stored or sent: its word of
//! before.

#[cfg(feature = "ssr")]
pub mod claims;
#[cfg(feature = "ssr")]
pub mod mint;
#[cfg(feature = "ssr")]
pub mod verify;
#[cfg(feature = "ssr")]
pub mod key_set;
#[cfg(feature = "ssr")]
pub mod schedule;
#[cfg(feature = "ssr")]
pub mod keys;
#[cfg(feature = "ssr")]
pub mod keeper;
#[cfg(feature = "ssr")]
pub mod rotation;
#[cfg(feature = "ssr")]
pub mod algorithm;
#[cfg(feature = "ssr")]
pub mod store;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::instances::Confirmation;

/// Where a signing key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum KeyState {
    /// Published, and does not sign yet.
    Next,
    Signing,
    /// Signs no more, and verifies until its last token is dead.
    Retired,
    Dead,
    /// Dead before its time, by an administrator's hand.
    #[serde(rename = "killed")]
    #[strum(serialize = "killed")]
    Revoked,
}

impl KeyState {
    /// Whether tokens of the key are accepted.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Next | Self::Signing | Self::Retired)
    }
}

/// What a signing key is for. Stored by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum KeyPurpose {
    /// Every token, as long as there's no key for it alone.
    All,
    /// ID tokens for applications that ask for RS256. It verifies no access token.
    IdTokens,
}

/// A signing key as lists show it; nothing in it is secret. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    pub kid: String,
    pub algorithm: String,
    pub purpose: KeyPurpose,
    pub state: KeyState,
    pub created_at: i64,
    pub signs_from: i64,
    /// When it stops verifying; `None` while no successor is known.
    pub ends_at: Option<i64>,
    /// Why it was revoked, in the administrator's words; empty otherwise.
    #[serde(rename = "kill_reason")]
    pub revoke_reason: String,
}

impl KeyInfo {
    /// When it began to sign, or will; `None` for one that was revoked before.
    pub fn in_use_from(&self) -> Option<i64> {
        let never = self.state == KeyState::Revoked && self.ends_at.is_some_and(|end| end < self.signs_from);
        (!never).then_some(self.signs_from)
    }
}

/// What the person who rotated the keys is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The new key.
    pub kid: String,
    pub algorithm: String,
    /// Milliseconds since the epoch.
    pub signs_from: i64,
}

/// What the person who revoked a key is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReceipt {
    pub kid: String,
    /// The key that signs now.
    pub signing: String,
    /// From the request to the moment when this instance refused the tokens of the revoked key.
    pub milliseconds: u64,
    /// Those that were alive then, this one included if it serves.
    pub instances: Vec<Confirmation>,
}
