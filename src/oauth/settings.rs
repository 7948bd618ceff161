//! The settings of the authorization server. Server side.

use clap::{Args, ValueEnum};

use super::clients::{Client, is_document};
use crate::base::{config::Config, fetch::Reach};

/// Who may register applications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Registrars {
    #[default]
    Administrators,
    Everyone,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Applications")]
pub struct OauthSettings {
    /// Who may register applications that log users in here. Administrators see, disable and delete all of them. Services,
    /// which act for no user, are registered by administrators only.
    #[arg(long, env = "LATCHKEY_APPLICATIONS_BY", value_enum, default_value_t)]
    pub applications_by: Registrars,

    /// Let applications ask users that no one has registered, such as AI tools (MCP): the ID of one is the address of a
    /// document that says what it is. Off, those that are connected keep access until they're disabled or disconnected.
    #[arg(long, env = "LATCHKEY_UNREGISTERED_APPLICATIONS", default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub unregistered_applications: bool,

    /// Tell applications of logouts at private addresses, too, such as 10.0.0.5. Off by default: whoever registers an
    /// application could reach machines that only this server can. In development this machine is allowed.
    #[arg(long, env = "LATCHKEY_CALL_PRIVATE_ADDRESSES", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub call_private_addresses: bool,
}

impl OauthSettings {
    /// Whether this application may ask for users.
    pub fn admits(&self, client: &Client) -> bool {
        client.is_active() && (self.unregistered_applications || !is_document(&client.id))
    }

    /// Which addresses the server calls because an application names them.
    pub fn reach(&self, config: &Config) -> Reach {
        match (self.call_private_addresses, config.production()) {
            (true, _) => Reach::Anywhere,
            (false, true) => Reach::Public,
            (false, false) => Reach::Loopback,
        }
    }
}
