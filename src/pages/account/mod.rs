//! One's own account: name and address, what happened to it, the devices that are logged in, the password, the second
//! factor, the data, the end.

pub mod actions;
pub mod activity_page;
pub mod change_name;
pub mod change_password;
pub mod codes;
pub mod codes_page;
pub mod data_page;
pub mod delete_account;
pub mod delete_page;
pub mod devices_page;
pub mod email_page;
pub mod end_sessions;
pub mod export;
pub mod keep_factor;
pub mod keep_factor_page;
pub mod load;
pub mod new_email;
pub mod new_email_page;
pub mod not_me;
pub mod not_me_page;
pub mod password_page;
pub mod profile_page;
pub mod routes;
pub mod second_factor;
pub mod second_factor_page;
pub mod set_up_page;
pub mod store;
pub mod tell;

use strum::{EnumString, IntoStaticStr};

use super::activity::Entry;
use crate::auth::second_factor::TrustedDevice;

pub const PAGES: &[(&str, &str)] = &[
    ("/account/profile", "Profile"),
    ("/account/devices", "Devices"),
    ("/account/password", "Password"),
    ("/account/second-factor", "Two-factor authentication"),
    ("/account/activity", "Activity"),
    ("/account/data", "Data and privacy"),
];

/// Where recovery codes are downloaded from, by POST: they have no place in an address.
pub const CODES_FILE: &str = "/account/second-factor/codes.txt";

/// What `/account/second-factor` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    Off {
        /// The email must be confirmed first.
        needs_email: bool,
    },
    On {
        /// Milliseconds since the epoch.
        since: i64,
        codes_left: i64,
        /// How long a device may be trusted; 0 where that is not offered.
        trust_days: i64,
        devices: Vec<TrustedDevice>,
    },
}

/// A QR code as a drawing: so many squares wide, the dark ones as the `d` of an SVG path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    pub size: i32,
    pub path: String,
}

/// What `/account/second-factor/codes` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryCodes {
    pub codes: Vec<String>,
    /// Whose they are, where they let in and since when: for the sheet of paper.
    pub title: String,
    /// The same, sealed, for the form that downloads them.
    pub sealed: String,
}

/// What `/not-me` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMePage {
    /// What is denied; `None` with a link from a mail.
    pub entry: Option<Entry>,
    /// Whom the link to a new password goes to, in parts. `None` where no mail can be sent: the session stays then.
    pub reset_to: Option<String>,
    /// The account gets the address before.
    pub goes_back: bool,
    /// What the password would do besides; `None` where it is not needed for more.
    pub more: Option<More>,
}

/// What "this was not me" does only for who proves who they are: the password works no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct More {
    /// The address, in parts, that the account gets back and the link to a new password goes to.
    pub back_to: Option<String>,
}

/// Why "this wasn't me" sent no link to a new password. Its text is told to the page after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum NoLink {
    /// This server sends no mail.
    MailOff,
    /// The address may be someone else's.
    Unconfirmed,
    /// Another account has confirmed the address before, which should have come back.
    AddressTaken,
}
