//! How a browser stays logged in: the stateful half.

#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
pub mod secret;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod terminate;
#[cfg(feature = "ssr")]
pub mod everyone;
#[cfg(feature = "ssr")]
pub mod guard;
#[cfg(feature = "ssr")]
pub mod half_log_in;

use serde::{Deserialize, Serialize};

use super::{instances::Confirmation, revocations::EndReason, users::Role};

/// The person a page is shown to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub sid: String,
}

/// Why and when the session of this browser ended. Only who holds its dead cookie is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub reason: EndReason,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// A live session as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSession {
    pub sid: String,
    /// Browser and system in words.
    pub device: String,
    pub ip: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    /// "Remember me" was chosen.
    pub remembered: bool,
}

/// What the person who ended sessions is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Live sessions that ended now.
    pub sessions_ended: u64,
    /// Access tokens of theirs that would have lived on.
    pub tokens_possibly_live: u64,
    /// Refresh tokens of applications that ended with them.
    pub refresh_tokens: u64,
    /// The applications that lost access.
    pub applications: u64,
    /// Those that are told that their user is logged out. Acts of administrators wait for it, a second at most.
    pub told: Vec<Confirmation>,
    /// What their notices were queued with; empty: they follow in steps, and no one waits.
    #[serde(skip)]
    pub act: String,
    /// From the beginning of the act, behind the password, to the moment when this instance refused them.
    pub milliseconds: u64,
    /// The number of the revocation, to wait for the other instances with; `None` when there was nothing to revoke.
    #[serde(skip)]
    pub seq: Option<i64>,
    /// What every live instance said, to an act of an administrator; otherwise empty.
    pub instances: Vec<Confirmation>,
}
