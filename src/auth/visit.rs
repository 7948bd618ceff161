//! Who does something: what a story needs to know of a request, however it came. Server side.

use super::{known_devices::Device, sessions::guard::LoggedIn};
use crate::base::{caller::Caller, error::AppError};

#[derive(Clone, Default)]
pub struct Visit {
    /// From where, and with which browser.
    pub caller: Caller,
    /// The secret by which accounts know the browser, if it has one.
    pub device: Option<Device>,
    /// Whose session it is, if it is anybody's.
    pub someone: Option<LoggedIn>,
}

impl Visit {
    pub fn user(&self) -> Result<&LoggedIn, AppError> {
        self.someone.as_ref().ok_or(AppError::NotLoggedIn)
    }
}
