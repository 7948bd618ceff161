//! The settings of the authorization server. Server side.

use clap::{Args, ValueEnum};

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
    /// Who may register applications that log users in here. Administrators see, disable and delete all of them.
    #[arg(long, env = "LATCHKEY_APPLICATIONS_BY", value_enum, default_value_t)]
    pub applications_by: Registrars,
}
