//! What an administrator can do to an account; each act has its page, `/admin/users/{id}/{act}`. Both sides.

use leptos::server_fn::ServerFn;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::actions::{ChangeRole, DeleteUser, DisableUser, EnableUser, ForceLogout, RemoveSecondFactor, StartReset};

/// Its text stands in the address of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum Act {
    LogOut,
    #[strum(serialize = "reset")]
    StartReset,
    #[strum(serialize = "second-factor")]
    RemoveSecondFactor,
    #[strum(serialize = "role")]
    ChangeRole,
    Disable,
    Enable,
    Delete,
}

impl Act {
    /// The page of this act on this user.
    pub fn page(self, user_id: &str) -> String {
        format!("/admin/users/{user_id}/{}", self.into_str())
    }

    /// Where its form goes.
    pub fn action(self) -> &'static str {
        match self {
            Self::LogOut => ForceLogout::PATH,
            Self::StartReset => StartReset::PATH,
            Self::RemoveSecondFactor => RemoveSecondFactor::PATH,
            Self::ChangeRole => ChangeRole::PATH,
            Self::Disable => DisableUser::PATH,
            Self::Enable => EnableUser::PATH,
            Self::Delete => DeleteUser::PATH,
        }
    }

    /// On its button, and on the way to it.
    pub fn label(self) -> &'static str {
        match self {
            Self::LogOut => "Force log-out",
            Self::StartReset => "Start a password reset",
            Self::RemoveSecondFactor => "Remove the second factor",
            Self::ChangeRole => "Change the role",
            Self::Disable => "Disable the account",
            Self::Enable => "Enable the account",
            Self::Delete => "Delete the account",
        }
    }

    /// On its button, while the answer is on its way.
    pub fn pending_label(self) -> &'static str {
        match self {
            Self::LogOut => "Cause…",
            Self::StartReset => "Starting…",
            Self::RemoveSecondFactor => "Removing…",
            Self::ChangeRole => "Changing…",
            Self::Disable => "Disabling…",
            Self::Enable => "Enabling…",
            Self::Delete => "Deleting…",
        }
    }

    /// When it is the right one.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::LogOut => "Ends every session and token at once. The person can log in again.",
            Self::StartReset => "Sends a link to a new password. For a password that somebody else may know.",
            Self::RemoveSecondFactor => "For a phone that is lost together with the recovery codes.",
            Self::ChangeRole => "User, auditor or administrator; counts on the next request.",
            Self::Disable => "Ends everything, and lets nobody in until it is enabled again. Nothing is lost.",
            Self::Enable => "Lets the person log in again, with the same password.",
            Self::Delete => "Erases everything of the person, for good.",
        }
    }

    /// Takes something away at once.
    pub fn is_grave(self) -> bool {
        !matches!(self, Self::Enable | Self::ChangeRole | Self::StartReset)
    }
}
