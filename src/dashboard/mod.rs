//! The first page after a log-in: rendered by the server, from the session.

#[cfg(feature = "ssr")]
pub mod load;
pub mod page;

use crate::{
    activity::Entry,
    sessions::{LiveSession, Viewer},
};

/// All that the dashboard shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    pub viewer: Viewer,
    pub sessions: Vec<LiveSession>,
    /// What happened lately.
    pub activity: Vec<Entry>,
    /// How many recovery codes of the second factor are left, where it is on and they are few.
    pub few_recovery_codes: Option<i64>,
    /// When the account was made, in milliseconds since the epoch.
    pub member_since: i64,
}
