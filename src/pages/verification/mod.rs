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

/// A user whose address is not confirmed, where mails are sent: the banner over the pages of their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    pub email: String,
}
