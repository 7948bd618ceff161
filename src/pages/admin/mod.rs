//! Administration: how things are, find people, see what is theirs, act on it.

pub mod act;
pub mod act_form;
pub mod act_page;
#[cfg(feature = "ssr")]
pub mod acting;
pub mod actions;
pub mod audit_log;
#[cfg(feature = "ssr")]
pub mod by;
#[cfg(feature = "ssr")]
pub mod change_role;
#[cfg(feature = "ssr")]
pub mod delete_user;
#[cfg(feature = "ssr")]
pub mod disable;
#[cfg(feature = "ssr")]
pub mod force_logout;
pub mod key_page;
#[cfg(feature = "ssr")]
pub mod keys;
pub mod keys_page;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod load_user;
#[cfg(feature = "ssr")]
pub mod load_users;
#[cfg(feature = "ssr")]
pub mod log_out_everyone;
#[cfg(feature = "ssr")]
pub mod outcome;
pub mod overview;
pub mod person;
pub mod receipt_notice;
#[cfg(feature = "ssr")]
pub mod remove_factor;
#[cfg(feature = "ssr")]
pub mod routes;
pub mod search;
pub mod sessions;
#[cfg(feature = "ssr")]
pub mod start_reset;
#[cfg(feature = "ssr")]
pub mod store;
pub mod user_page;
pub mod users_page;

pub use act::Act;
use leptos::prelude::use_context;
pub use person::{ActPage, Before, Person};
pub use receipt_notice::ReceiptNotice;
use serde::Deserialize;

use crate::auth::{sessions::Viewer, users::Role};

/// The pages of administration.
pub const PAGES: &[(&str, &str)] = &[
    ("/admin", "Overview"),
    ("/admin/users", "Users"),
    ("/admin/sessions", "Sessions"),
    ("/admin/audit", "Audit log"),
    ("/admin/keys", "Keys"),
];

/// Longest reason that an administrator may give, in characters.
pub const REASON_MAX_CHARS: u16 = 300;

/// Whether who looks at a page of administration may also act there: an auditor reads.
pub fn may_act() -> bool {
    use_context::<Viewer>().is_some_and(|viewer| viewer.role == Role::Admin)
}

/// What may stand in the address of `/admin/users`. What is not understood counts as if it were not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UsersAsked {
    /// Beginnings of words of a name or an address.
    pub q: String,
    pub role: String,
    pub state: String,
    pub sort: String,
    /// The id of the last person on the page before.
    pub after: String,
    /// The id of the first person on the page behind.
    pub before: String,
}

/// What must be typed before everyone is logged out.
pub const EVERYONE_WORDS: &str = "log everyone out";
pub const TYPE_THE_WORDS: &str = "To confirm, type “log everyone out”";

/// Enough of a key's id to tell it from the others.
pub fn short(kid: &str) -> String {
    let letters: String = kid.chars().take(8).collect();
    format!("{letters}…")
}
