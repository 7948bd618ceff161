//! One's own account: name and address, the devices that are logged in, the password.

pub mod actions;
#[cfg(feature = "ssr")]
pub mod change_name;
#[cfg(feature = "ssr")]
pub mod change_password;
pub mod devices_page;
pub mod email_page;
#[cfg(feature = "ssr")]
pub mod end_sessions;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod new_email;
pub mod new_email_page;
pub mod password_page;
pub mod profile_page;
#[cfg(feature = "ssr")]
pub mod routes;

use serde::{Deserialize, Serialize};

use crate::sessions::LiveSession;

/// The pages of one's account.
pub const PAGES: &[(&str, &str)] =
    &[("/account/profile", "Profile"), ("/account/devices", "Devices"), ("/account/password", "Password")];

/// What `/account/profile` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub email: String,
    /// Whether the address is confirmed.
    pub confirmed: bool,
}

/// What `/account/profile/email` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChange {
    pub email: String,
    /// Without mail no new address can be confirmed.
    pub sends_mail: bool,
}

/// What `/verify-email` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEmail {
    /// The address that the link was sent to.
    pub email: String,
    /// Whether who is logged in asked for it.
    pub is_own: bool,
}

/// What `/account/password` shows: whose password it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub email: String,
    pub name: String,
}

/// What `/account/devices` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// The session of this browser; `None` only when it has ended at this moment.
    pub here: Option<LiveSession>,
    /// The others, the last used first.
    pub elsewhere: Vec<LiveSession>,
    /// So many sessions one may have at once.
    pub limit: i64,
}
