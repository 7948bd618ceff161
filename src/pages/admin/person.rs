//! One person as administrators see them. Server side.

use serde::Serialize;
use strum::VariantArray;

use super::Act;
use crate::auth::{
    sessions::LiveSession,
    users::{Role, store::User},
};

/// Times are milliseconds since the epoch.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: User,
    /// As far as there are rows of sessions: for a month.
    pub last_seen_at: Option<i64>,
    /// By whom and why; set while it is so.
    pub disabled: Option<Before>,
    /// The password was taken away with a reset, and the link was not used yet.
    pub no_password: bool,
    /// Since when login asks for a second factor, if it does.
    pub factor_since: Option<i64>,
}

/// Who did something before, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Before {
    /// Their name, or "the command line".
    pub by: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// In their own words.
    pub reason: String,
}

/// What `/admin/users/{id}/{act}` shows.
#[derive(Clone, Debug)]
pub struct ActPage {
    pub act: Act,
    pub person: Person,
    pub sessions: Vec<LiveSession>,
    /// The one of them that is to end, where it is only one.
    pub only: Option<LiveSession>,
    pub is_self: bool,
    /// No other administrator can log in.
    pub is_last: bool,
    /// Without mail no link can be sent.
    pub sends_mail: bool,
    pub undo: Option<Undo>,
}

/// What an act is to undo.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// The event.
    pub event: String,
    /// Filled in; may be changed.
    pub reason: String,
    /// The role before, where it was that.
    pub role: Option<Role>,
}

impl Person {
    /// What can be done now, in the order of the list.
    pub fn acts(&self, is_self: bool) -> Vec<Act> {
        let fits = |act: &Act| match act {
            Act::Disable | Act::StartReset => self.disabled.is_none(),
            Act::Enable => self.disabled.is_some(),
            Act::RemoveSecondFactor => self.factor_since.is_some(),
            Act::Delete => !is_self,
            Act::LogOut | Act::ChangeRole => true,
        };
        Act::VARIANTS.iter().copied().filter(fits).collect()
    }
}
