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

/// Where a page asks how strong a password is.
pub const STRENGTH_PATH: &str = "/actions/password_strength";

/// The longest password, in characters: the end keeps the work bounded.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// What one is told about a password while typing it, in words: nothing of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// From 0 to 4.
    pub step: u8,
    pub word: String,
    /// Why it cannot be set, if it cannot.
    pub advice: Option<String>,
}
