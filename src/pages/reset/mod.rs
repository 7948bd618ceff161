//! Forgot the password: a mail, a link, a new one.

pub mod actions;
pub mod forgot_page;
pub mod load;
pub mod page;
pub mod reset_password;

/// What `/reset` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetPage {
    /// Whose password it is.
    pub email: String,
    pub name: String,
    /// Which link the page is about.
    pub link: String,
}
