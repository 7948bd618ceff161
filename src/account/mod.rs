//! One's own account: the devices that are logged in, the password.

pub mod actions;
#[cfg(feature = "ssr")]
pub mod change_password;
pub mod devices_page;
#[cfg(feature = "ssr")]
pub mod end_sessions;
#[cfg(feature = "ssr")]
pub mod load;
pub mod password_page;
#[cfg(feature = "ssr")]
pub mod routes;

use serde::{Deserialize, Serialize};

use crate::sessions::LiveSession;

/// The pages of one's account.
pub const PAGES: &[(&str, &str)] = &[("/account/devices", "Devices"), ("/account/password", "Password")];

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
