//! The name of a person, parsed once at the border. Server side.

use super::{
    error::Invalid,
    text::{is_control, is_visible, turns_text},
};

/// The name that others see. Shown escaped, stored as typed, without marks of direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // Contact cards and text from right to left bring them along, and who pastes a name cannot see them.
        let text: String = text.chars().filter(|c| !turns_text(*c)).collect();
        let text = text.trim();
        match () {
            () if !text.chars().any(is_visible) => Err(Invalid::NameMissing),
            () if text.chars().count() > 80 => Err(Invalid::NameTooLong),
            () if text.chars().any(is_control) => Err(Invalid::NameControl),
            () => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
