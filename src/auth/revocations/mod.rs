//! The heart: which sessions, users and tokens are dead. An exact set in memory, a durable table, a feed.

#[cfg(feature = "ssr")]
pub mod feed;
#[cfg(feature = "ssr")]
pub mod memory;
#[cfg(feature = "ssr")]
pub mod set;
#[cfg(feature = "ssr")]
pub mod store;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Why a session ended, in words in [`Self::sentence`]. Stored by name: rename none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum EndReason {
    LoggedOut,
    Replaced,
    ByUser,
    ByAdmin,
    Idle,
    Expired,
    Disabled,
    PasswordChanged,
    /// The user logged in on more devices than may be logged in at once; this one was unused for longest.
    GaveWay,
    /// A secret that had been replaced came back, and not because of a crash: someone has a copy of the cookie.
    TheftSuspected,
    /// The browser came back without the new secret: the answer was lost, or it was killed before it had stored it.
    SecretLost,
    /// The role was changed: tokens die, which name the one before; sessions live on.
    RoleChanged,
    PasswordReset,
    /// The user said that something was not them, and every session was ended.
    NotMe,
    AccountDeleted,
    SecondFactorChanged,
    EveryoneLoggedOut,
    SecondFactorRemoved,
}

impl EndReason {
    /// What the person who was logged out is told.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::LoggedOut => "You logged out.",
            Self::Replaced => "You logged in again in this browser, which ended this session.",
            Self::ByUser => "You logged out this device from another one.",
            Self::ByAdmin => "An administrator logged you out.",
            Self::Idle => "You were logged out because you were inactive.",
            Self::Expired => "Your session expired.",
            Self::Disabled => "Your account has been disabled.",
            Self::PasswordChanged => "You were logged out because your password was changed on another device.",
            Self::GaveWay => "You reached the limit of devices, so the one you hadn't used for longest was logged out.",
            Self::SecretLost => "Your session was renewed, but this browser never stored the renewal, so it ended.",
            Self::RoleChanged => "Your role was changed.",
            Self::PasswordReset => "You were logged out because your password was reset.",
            Self::NotMe => "You reported suspicious activity, so we logged you out everywhere.",
            Self::AccountDeleted => "This account has been deleted.",
            Self::SecondFactorChanged => {
                "You were logged out because two-factor authentication was turned on or off on another device."
            }
            Self::EveryoneLoggedOut => "An administrator logged everyone out.",
            Self::SecondFactorRemoved => {
                "An administrator turned off your two-factor authentication and logged you out. Your password is enough to \
                 log in."
            }
            Self::TheftSuspected => {
                "Someone may have copied your session, so we ended it. Log in and change your password."
            }
        }
    }
}
