//! Log in, give the second factor, prove again who one is, log out: the pages and their actions.

pub mod actions;
pub mod code_page;
pub mod confirm_page;
pub mod page;

use serde::{Deserialize, Serialize};

use crate::{sessions::Ended, web::page::Held};

/// What `/login` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInPage {
    pub ended: Option<Ended>,
    /// Where to go afterwards, as it came; checked when it is used.
    pub next: String,
    /// Whether a new account waits for its address to be confirmed.
    pub confirms_addresses: bool,
}

/// What `/login/code` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePage {
    /// Who is about to log in.
    pub email: String,
    /// Which half log-in the page is about.
    pub half: String,
    /// It asks for a recovery code, not for one of the app.
    pub recovery: bool,
    /// How long a device may be trusted; 0 where that is not offered.
    pub trust_days: i64,
    /// When the second factor goes, if "this was not me" has begun that; milliseconds since the epoch.
    pub goes_at: Option<i64>,
}

/// What `/confirm` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmPage {
    /// Whose password it is: password managers need to know. `None`: nobody is logged in any more.
    pub email: Option<String>,
    /// Where to go afterwards, as it came; checked when it is used.
    pub next: String,
    /// The act that waits, if one does.
    pub held: Option<Held>,
}
