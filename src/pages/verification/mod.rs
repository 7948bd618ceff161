//! Whether a user reads the mail of the address that they gave: the link that confirms it, and the mail sent again.

pub mod actions;
pub mod banner;
pub mod load;
pub mod page;
pub mod send;
pub mod sent_page;
pub mod verify;

/// Where everyone goes whose address is to be confirmed.
pub const SENT: &str = "/verify/sent";

/// What `/verify` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyPage {
    /// The address that the link confirms.
    pub email: String,
    /// Not where the account is logged in already.
    pub asks_for_password: bool,
    /// Which link the page is about.
    pub link: String,
}

/// A user whose address is not confirmed, where mails are sent: the banner over the pages of their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    pub email: String,
}
