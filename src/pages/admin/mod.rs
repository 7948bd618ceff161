//! Administration: how things are, find people, see what is theirs, act on it. Server side: none of its pages has an island.
pub mod act;
pub mod act_form;
pub mod act_page;
pub mod actions;
pub mod audit_log;
pub mod by;
pub mod key_page;
pub mod keys_page;
pub mod load;
pub mod load_user;
pub mod load_users;
pub mod outcome;
pub mod overview;
pub mod phrase;
pub mod person;
pub mod receipt_notice;
pub mod routes;
pub mod search;
pub mod sessions;
pub mod store;
pub mod stories;
pub mod user_page;
pub mod users_page;

pub use act::Act;
use leptos::prelude::use_context;
pub use person::{ActPage, Before, Person};
pub use receipt_notice::ReceiptNotice;

use crate::auth::{sessions::Viewer, users::Role};

pub const PAGES: &[(&str, &str)] = &[
    ("/admin", "Overview"),
    ("/admin/users", "Users"),
    ("/admin/sessions", "Sessions"),
    ("/admin/audit", "Audit log"),
    ("/admin/keys", "Keys"),
];

/// Longest reason that an administrator may give, in characters.
pub const REASON_MAX_CHARS: usize = 300;

/// Whether who looks at a page of administration may also act there: an auditor reads.
pub fn may_act() -> bool {
    use_context::<Viewer>().is_some_and(|viewer| viewer.role == Role::Admin)
}

/// What must be typed before everyone is logged out.
pub const EVERYONE_WORDS: &str = "log everyone out";
pub const TYPE_THE_WORDS: &str = "To confirm, type “log everyone out”";

/// Enough of a key's id to tell it from the others.
pub fn short(kid: &str) -> String {
    let letters: String = kid.chars().take(8).collect();
    format!("{letters}…")
}
