//! What an administrator can do to an account; each act has its page, `/admin/users/{id}/{act}`. Server side.

use leptos::server_fn::ServerFn;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::actions::{ChangeRole, DeleteUser, DisableUser, EnableUser, ForceLogout, RemoveSecondFactor, StartReset};
use crate::{auth::users::Role, web::page::Held};

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
    pub fn page(self, user_id: &str) -> String {
        format!("/admin/users/{user_id}/{}", self.into_str())
    }

    pub fn page_of_session(self, user_id: &str, sid: &str) -> String {
        format!("{}?sid={sid}", self.page(user_id))
    }

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
        self.words().0
    }

    /// On its button, while the answer is on its way.
    pub fn pending_label(self) -> &'static str {
        self.words().1
    }

    /// When it is the right one.
    pub fn purpose(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::LogOut => {
                ("Force logout", "Logging out…", "Logs the user out everywhere, at once. Doesn't block login.")
            }
            Self::StartReset => ("Send password reset", "Sending…", "Emails the user a link to choose a new password."),
            Self::RemoveSecondFactor => (
                "Remove two-factor authentication",
                "Removing…",
                "For users who have lost their phone and their recovery codes.",
            ),
            Self::ChangeRole => {
                ("Change role", "Changing…", "User, auditor or administrator. Takes effect on their next request.")
            }
            Self::Disable => (
                "Disable account",
                "Disabling…",
                "Logs the user out and blocks login until you enable the account again. No data is deleted.",
            ),
            Self::Enable => ("Enable account", "Enabling…", "Lets the user log in again with the same password."),
            Self::Delete => ("Delete account", "Deleting…", "Permanently deletes the account and everything in it."),
        }
    }

    /// What it will do and to whom, where it waits for the password.
    pub fn waiting(self, name: &str, held: &Held) -> String {
        let role = held.said("role").and_then(|role| role.parse::<Role>().ok());
        match (self, role) {
            (Self::ChangeRole, Some(role)) => format!("Make {name} {}", role.with_article()),
            (Self::LogOut, _) if held.said("sid").is_some_and(|sid| !sid.is_empty()) => {
                format!("End one session of {name}")
            }
            (Self::StartReset, _) if held.said("end_all") == Some("on") => {
                format!("{}: {name}. {}", self.label(), end_all(name))
            }
            _ => format!("{}: {name}", self.label()),
        }
    }

    /// Takes something away at once.
    pub fn is_grave(self) -> bool {
        !matches!(self, Self::Enable | Self::ChangeRole | Self::StartReset)
    }
}

/// What may be chosen with a reset.
pub fn end_all(name: &str) -> String {
    format!("Log {name} out now and block the current password")
}
