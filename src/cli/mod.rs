//! The command line: one file per command that is more than a line. Server side.

mod admin;
mod ask;
pub mod audit;
#[cfg(feature = "oauth")]
mod clients;
pub mod doctor;
mod force_logout;
pub mod given;
mod installation;
mod keys;
pub mod login;
mod mail;
pub mod output;
pub mod parts;
mod sessions;
pub mod show_user;
mod users;
pub mod who;

use std::{any::Any, fmt::Display, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use serde_json::json;

use self::{
    output::say,
    parts::{PartSettings, ServerSettings},
};
use crate::{
    base::{config::Config, error::AppError, logging, sealed::SecretKey},
    pages::signup::setup_link,
    serve,
};

const AFTER_HELP: &str = "Help for a command: `latchkey help COMMAND`. All settings: `latchkey help settings`.\n\n\
                          Exit codes: 0 success, 1 failure, 2 wrong usage.";

/// A login system you can read in an afternoon and run in production.
#[derive(Parser)]
#[command(name = "latchkey", version, about, max_term_width = 110, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (runs database migrations first; stop with Ctrl-C or SIGTERM).
    Serve(ServerSettings),
    /// Run database migrations and stop.
    ///
    /// On PostgreSQL, run this as the role that owns the database. `latchkey serve` then only needs rights to rows.
    Migrate(Common),
    /// Create administrators, change roles.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Print a link that creates the first administrator.
    ///
    /// It works once, within an hour. Older links keep working.
    SetupLink(Common),
    /// Log a user out everywhere, end one session, or log everyone out.
    ///
    /// Running servers reject the sessions and their access tokens within a second.
    ForceLogout(force_logout::ForceLogout),
    /// List active sessions.
    #[command(subcommand)]
    Sessions(sessions::Sessions),
    /// List, rotate and revoke signing keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Check this installation and suggest fixes.
    ///
    /// Run it with the settings of the server. It changes nothing and sends no email. It checks the settings, files, machine,
    /// mail server, running server (directly and through its public address), database, revocation feed, keys, administrators
    /// and audit log, all at once and for a few seconds at most. Each check is ok, a warning or an error. Exit code 1 if there
    /// is an error.
    Doctor(Common),
    /// Verify and export the audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Send a test email, list and retry the outbox.
    #[command(subcommand)]
    Mail(mail::Mail),
    /// List, show, disable and enable users.
    #[command(subcommand)]
    Users(users::Users),
    /// List, register and disable applications that log users in here, and replace their secrets.
    #[cfg(feature = "oauth")]
    #[command(subcommand)]
    Clients(clients::Clients),
    Login(login::Login),
    Whoami(login::whoami::Whoami),
    /// End the login of `latchkey login`, on this computer and on the server.
    Logout,
    /// Print a new value for LATCHKEY_SECRET_KEY.
    Secret,
    /// Show all settings of the server, with their units and defaults.
    ///
    /// Each is an environment variable and a flag of the same name. Every command takes them; give it those of the server.
    #[command(override_usage = "LATCHKEY_NAME=VALUE latchkey serve\n       latchkey serve --name VALUE")]
    Settings(ServerSettings),
}

/// What nearly every command takes.
#[derive(Args)]
pub struct Common {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    parts: PartSettings,
}

/// Why a command failed, in one line that says what to do, and its exit code.
pub struct Failed(pub String, pub u8);

const FAILURE: u8 = 1;
const WRONG_USAGE: u8 = 2;

impl Failed {
    /// What was given can't be meant, and clap can't tell.
    pub fn usage(words: impl Into<String>) -> Self {
        Self(words.into(), WRONG_USAGE)
    }
}

/// Whatever went wrong is told to the operator as it is. What a user may know of a fault is too little; an act is one
/// transaction, so nothing of it has happened.
impl<E: Display + Any> From<E> for Failed {
    fn from(error: E) -> Self {
        let fault = (&error as &dyn Any).downcast_ref().and_then(AppError::fault);
        Self(fault.map_or_else(|| error.to_string(), |fault| format!("{fault}; nothing was done")), FAILURE)
    }
}

/// Runs the program. Exit codes: 0 success, 1 failure, 2 wrong usage.
pub async fn run() -> ExitCode {
    match obey(given::read()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(words, code)) => {
            eprintln!("latchkey: {words}");
            code.into()
        }
    }
}

pub async fn obey(Cli { command }: Cli) -> Result<(), Failed> {
    match command {
        Command::Serve(ServerSettings { config, parts }) => {
            let _log = logging::start_in_background(&config);
            if let Some((words, fix)) = unknown_settings() {
                tracing::warn!("{words}; {fix}");
            }
            Ok(serve::serve(config, parts.into()).await?)
        }
        Command::Migrate(args) => migrate(args).await,
        Command::Admin(command) => admin::run(command).await,
        Command::SetupLink(args) => setup_link(args).await,
        Command::ForceLogout(args) => force_logout::run(args).await,
        Command::Sessions(command) => sessions::run(command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Mail(command) => mail::run(command).await,
        Command::Users(command) => users::run(command).await,
        #[cfg(feature = "oauth")]
        Command::Clients(command) => clients::run(command).await,
        Command::Login(args) => login::run(args).await,
        Command::Whoami(args) => login::whoami::run(args).await,
        Command::Logout => login::logout::run().await,
        Command::Secret => say(&SecretKey::generate()?.encoded()),
        Command::Settings(_) => say(&given::help::<Cli>(&["latchkey", "help", given::SETTINGS])),
    }
}

/// What the environment sets that no one reads, and what to do about it.
fn unknown_settings() -> Option<(String, &'static str)> {
    let unknown = given::unknown::<Cli>(std::env::vars_os().map(|(name, _)| name));
    let words = format!("not settings of this version, so ignored: {}", unknown.join(", "));
    (!unknown.is_empty()).then_some((words, "correct or unset them; `latchkey help settings` lists every setting"))
}

async fn migrate(common: Common) -> Result<(), Failed> {
    logging::start(&common.config);
    serve::migrate(common.config.clone(), &common.parts.clone().into()).await?;
    common.answer(&json!({ "up_to_date": true }), || "The database is up to date.".into())
}

async fn setup_link(common: Common) -> Result<(), Failed> {
    let link = common.on_database(async |state| Ok(setup_link::make(state).await?)).await?;
    let link = link.ok_or("there already is an administrator; create another one with `latchkey admin create`")?;
    common.answer(&json!({ "link": link }), || link.clone())
}
