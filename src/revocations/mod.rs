//! The heart: which sessions, users and tokens are dead. An exact set in memory, a durable table, a feed.

#[cfg(feature = "ssr")]
pub mod feed;
#[cfg(feature = "ssr")]
pub mod set;
#[cfg(feature = "ssr")]
pub mod store;

use serde::{Deserialize, Serialize};

/// Why a session ended. Stored by name: rename none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user logged out here.
    LoggedOut,
    /// The user logged in again in the same browser.
    Replaced,
    /// The user ended it from another device.
    ByUser,
    /// An administrator forced the log-out.
    ByAdmin,
    /// Not used for longer than the idle limit.
    Idle,
    /// Reached its absolute end.
    Expired,
    /// The account was disabled.
    Disabled,
}

impl EndReason {
    const ALL: [Self; 7] =
        [Self::LoggedOut, Self::Replaced, Self::ByUser, Self::ByAdmin, Self::Idle, Self::Expired, Self::Disabled];

    pub fn as_text(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Replaced => "replaced",
            Self::ByUser => "by_user",
            Self::ByAdmin => "by_admin",
            Self::Idle => "idle",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
        }
    }

    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_text() == text)
    }

    /// What the person who was logged out is told.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::LoggedOut => "You logged out.",
            Self::Replaced => "You logged in again in this browser, which ended the session before.",
            Self::ByUser => "You ended this session from another device.",
            Self::ByAdmin => "An administrator logged you out.",
            Self::Idle => "You were logged out because the session was not used for a while.",
            Self::Expired => "You were logged out because the session reached its end.",
            Self::Disabled => "You were logged out because the account was disabled.",
        }
    }
}
