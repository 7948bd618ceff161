//! What `latchkey clients` is given. Server side.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum, builder::PossibleValue};
use strum::VariantArray;

use crate::{
    cli::{Common, who::Who},
    oauth::clients::{ClientKind, credentials::SECRET_DAYS_MAX},
};

#[derive(Subcommand)]
pub enum Clients {
    /// List applications, newest first.
    List {
        /// Only applications of this user.
        #[arg(long, value_name = "EMAIL-OR-ID", value_parser = Who::parse)]
        owner: Option<Who>,
        #[command(flatten)]
        common: Common,
    },
    /// Register an application. Prints its ID, and its secret if its kind has one.
    ///
    /// The secret is shown once. Only its hash is stored.
    Add(Add),
    /// Change an application: what you give replaces what it has. Its kind stays.
    ///
    /// If you remove an address or a scope, its access tokens are revoked within a second. New ones bring what's left.
    Change(Change),
    /// Create a second secret, or add a public key, so that both work while you replace the first one. Then remove the first with --finish.
    Rotate(Rotate),
    /// Disable an application. Its tokens are revoked; running servers reject them within a second.
    Disable(One),
    /// Enable a disabled application. Users have to connect it again.
    Enable(One),
}

#[derive(Args)]
pub struct Add {
    /// Owner of the application. It works as long as the owner's account does.
    #[arg(long, value_name = "EMAIL-OR-ID", value_parser = Who::parse)]
    pub owner: Who,
    /// Name that users see when they're asked for access.
    #[arg(long)]
    pub name: String,
    #[arg(long, help = "What it is", value_enum)]
    pub kind: ClientKind,
    /// Address where users return after login. Repeat it for more.
    #[arg(long, value_name = "URL")]
    pub redirect: Vec<String>,
    /// Address where users may return after logout. Repeat it for more.
    #[arg(long, value_name = "URL")]
    pub logout: Vec<String>,
    /// Address that's told when a login ends (OpenID Connect Back-Channel Logout).
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    pub backchannel_logout: String,
    /// File with its public key, as PEM or JWK. It then has no secret, and signs what it sends (private_key_jwt).
    #[arg(long, value_name = "FILE", conflicts_with = "expires_in_days")]
    pub public_key: Option<PathBuf>,
    /// What it may ask for, separated by spaces. Without it "openid profile email", and nothing for a service.
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// Algorithm of its ID tokens and logout tokens: RS256. Without it, the one of access tokens.
    #[arg(long, value_name = "ALGORITHM", default_value = "", hide_default_value = true)]
    pub id_token_alg: String,
    /// Days until the secret expires. Without it, it never does.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=SECRET_DAYS_MAX))]
    pub expires_in_days: Option<i64>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args([
    "name", "redirect", "logout", "backchannel_logout", "scope", "id_token_alg",
])))]
pub struct Change {
    /// ID of the application. Find it with `latchkey clients list`.
    #[arg(value_name = "CLIENT-ID")]
    pub id: String,
    /// Name that users see when they're asked for access.
    #[arg(long)]
    pub name: Option<String>,
    /// Address where users return after login. Repeat it for more.
    #[arg(long, value_name = "URL")]
    pub redirect: Option<Vec<String>>,
    /// Address where users may return after logout. Repeat it for more; '' removes all.
    #[arg(long, value_name = "URL")]
    pub logout: Option<Vec<String>>,
    /// Address that's told when a login ends (OpenID Connect Back-Channel Logout); '' removes it.
    #[arg(long, value_name = "URL")]
    pub backchannel_logout: Option<String>,
    /// What it may ask for, separated by spaces.
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// Algorithm of its ID tokens and logout tokens: RS256, or '' for the one of access tokens.
    #[arg(long, value_name = "ALGORITHM")]
    pub id_token_alg: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Rotate {
    /// ID of the application. Find it with `latchkey clients list`.
    #[arg(value_name = "CLIENT-ID")]
    pub id: String,
    /// Add the public key in this file instead of a secret, as PEM or JWK.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["finish", "expires_in_days"])]
    pub public_key: Option<PathBuf>,
    /// Remove the older secret or key instead. It stops working.
    #[arg(long, conflicts_with = "expires_in_days")]
    pub finish: bool,
    /// Days until the secret expires. Without it, it never does.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=SECRET_DAYS_MAX))]
    pub expires_in_days: Option<i64>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct One {
    /// ID of the application. Find it with `latchkey clients list`.
    #[arg(value_name = "CLIENT-ID")]
    pub id: String,
    #[command(flatten)]
    pub common: Common,
}

/// Named as they are stored.
impl ValueEnum for ClientKind {
    fn value_variants<'a>() -> &'a [Self] {
        Self::VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.into_str()).help(self.words()))
    }
}
