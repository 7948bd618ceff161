//! The command line: one file per command that is more than a line. Server side.

mod admin;
mod ask;
mod audit;
#[cfg(feature = "oauth")]
mod clients;
mod disable;
mod doctor;
mod failed;
mod force_logout;
pub mod given;
mod installation;
mod keys;
pub mod login;
mod mail;
pub mod output;
pub mod parts;
mod sessions;
mod setup_link;
mod show_user;
mod users;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde_json::json;

use self::{
    failed::Failed,
    output::{answer, say},
    parts::{PartSettings, ServerSettings},
};
use crate::{
    base::{config::Config, logging, sealed::SecretKey},
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
    Admin {
        #[command(subcommand)]
        command: admin::Admin,
    },
    /// Print a link that creates the first administrator.
    ///
    /// It works once, within an hour. Older links keep working.
    SetupLink(Common),
    /// Log a user out everywhere, end one session, or log everyone out.
    ///
    /// Running servers reject the sessions and their access tokens within a second.
    ForceLogout(force_logout::ForceLogout),
    /// List active sessions.
    Sessions {
        #[command(subcommand)]
        command: sessions::Sessions,
    },
    /// List, rotate and revoke signing keys.
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    Doctor(doctor::Doctor),
    /// Verify and export the audit log.
    Audit {
        #[command(subcommand)]
        command: audit::Audit,
    },
    /// Send a test email, list and retry the outbox.
    Mail {
        #[command(subcommand)]
        command: mail::Mail,
    },
    /// List, show, disable and enable users.
    Users {
        #[command(subcommand)]
        command: users::Users,
    },
    /// List, register and disable applications that log users in here, and replace their secrets.
    #[cfg(feature = "oauth")]
    Clients {
        #[command(subcommand)]
        command: clients::Clients,
    },
    Login(login::Login),
    Whoami(login::whoami::Whoami),
    Logout(login::logout::Logout),
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
struct Common {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    parts: PartSettings,
}

/// Runs the program. Exit codes: 0 success, 1 failure, 2 wrong usage.
pub async fn run() -> ExitCode {
    let cli: Cli = given::read();
    let result = match cli.command {
        Command::Serve(ServerSettings { config, parts }) => {
            let _log = logging::start_in_background(&config);
            serve::serve(config, parts.into()).await.map_err(Failed)
        }
        Command::Migrate(args) => migrate(args).await,
        Command::Admin { command } => admin::run(command).await,
        Command::SetupLink(args) => setup_link::run(args).await,
        Command::ForceLogout(args) => force_logout::run(args).await,
        Command::Sessions { command } => sessions::run(command).await,
        Command::Keys { command } => keys::run(command).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Audit { command } => audit::run(command).await,
        Command::Mail { command } => mail::run(command).await,
        Command::Users { command } => users::run(command).await,
        #[cfg(feature = "oauth")]
        Command::Clients { command } => clients::run(command).await,
        Command::Login(args) => login::run(args).await,
        Command::Whoami(args) => login::whoami::run(args).await,
        Command::Logout(_) => login::logout::run().await,
        Command::Secret => SecretKey::generate().map(|key| say(&key.encoded())).map_err(Failed::from),
        Command::Settings(_) => {
            say(&given::help::<Cli>(&["latchkey", "help", given::SETTINGS]));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(words)) => {
            eprintln!("latchkey: {words}");
            ExitCode::FAILURE
        }
    }
}

async fn migrate(Common { json, config, parts }: Common) -> Result<(), Failed> {
    logging::start(&config);
    serve::migrate(config, &parts.into()).await?;
    answer(json, &json!({ "up_to_date": true }), || "The database is up to date.".into())
}
