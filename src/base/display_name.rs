//! The name of a person, parsed once at the border. Server side.

use super::{
    error::Invalid,
    text::{is_control, is_visible},
};

/// The name that others see. Shown escaped, stored as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// # Errors
    /// What to tell the person who typed it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
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
