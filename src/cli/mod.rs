//! The command line: one file per command that is more than a line. Server side.

/// `println!` for commands: who reads may stop reading, as `head` does, and that is no fault.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::say_line(format_args!($($words)*))
    };
}

mod admin;
mod audit;
mod disable;
mod doctor;
mod force_logout;
pub mod given;
mod keys;
mod mail;
mod sessions;
mod setup_link;
mod users;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use uuid::Uuid;

use crate::{
    config::Config,
    logging,
    metrics::Metrics,
    revocations::set::Revocations,
    sealed::SecretKey,
    serve,
    sessions::{Receipt, end::Ender, receipt::confirmed_words},
    users::{
        credentials::Email,
        store::{self, User},
    },
};

/// A login system that you can read in an afternoon and run in production.
#[derive(Parser)]
#[command(name = "latchkey", version, about, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server. Migrates the database first, where something is to be done and the role may do it. Ctrl-C or SIGTERM stops it in order.
    Serve(Config),
    /// Bring the database up to date and stop. On PostgreSQL by the role that owns it; `serve` needs rights to rows only.
    Migrate(Config),
    /// Administrators.
    Admin {
        #[command(subcommand)]
        command: admin::Admin,
    },
    SetupLink(setup_link::SetupLink),
    /// End every session and token of a user, one session, or everybody's, on every running instance, within a second.
    ForceLogout(force_logout::ForceLogout),
    /// Who is logged in.
    Sessions {
        #[command(subcommand)]
        command: sessions::Sessions,
    },
    /// The keys that sign access tokens.
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    Doctor(doctor::Doctor),
    /// The audit log: prove that nobody changed it, take it along.
    Audit {
        #[command(subcommand)]
        command: audit::Audit,
    },
    /// Mail: a test, the outbox, another try.
    Mail {
        #[command(subcommand)]
        command: mail::Mail,
    },
    /// People: who there is, and one of them from near.
    Users {
        #[command(subcommand)]
        command: users::Users,
    },
    /// Print a new secret for LATCHKEY_SECRET_KEY.
    Secret,
}

/// Runs the program. Exit codes: 0 done, 1 failed, 2 the command line was not understood.
pub async fn run() -> ExitCode {
    let cli: Cli = given::read();
    let result = match cli.command {
        Command::Serve(config) => {
            logging::start(&config);
            serve::serve(config).await
        }
        Command::Migrate(config) => migrate(config).await,
        Command::Admin { command } => admin::run(command).await,
        Command::SetupLink(args) => setup_link::run(args).await,
        Command::ForceLogout(args) => force_logout::run(args).await,
        Command::Sessions { command } => sessions::run(command).await,
        Command::Keys { command } => keys::run(command).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Audit { command } => audit::run(command).await,
        Command::Mail { command } => mail::run(command).await,
        Command::Users { command } => users::run(command).await,
        Command::Secret => SecretKey::generate().map(|key| say!("{}", key.encoded())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("latchkey: {words}");
            ExitCode::FAILURE
        }
    }
}

/// A user, by e-mail or id, of an installation that is there already, and what is needed to end something of theirs. Nothing is made: with
/// a wrong folder the answer must be "no database", not "no such user".
async fn find_user(config: Config, who: &str) -> Result<(User, Ender), String> {
    let id = Uuid::parse_str(who).ok();
    let email = if id.is_none() { Some(Email::parse(who).map_err(|error| error.to_string())?) } else { None };
    let ender = open_ender(config).await?;
    let db = &ender.state.db.pool;
    let found = match (id, &email) {
        (Some(id), _) => store::find_by_id(db, &id.to_string()).await,
        (None, Some(email)) => store::find_by_email(db, email).await,
        (None, None) => Ok(None),
    };
    let what = if id.is_some() { "id" } else { "e-mail" };
    let user = found.map_err(|error| error.to_string())?;
    Ok((user.ok_or_else(|| format!("there is no user with the {what} {who}"))?, ender))
}

/// What is needed to end something in an installation that is there already.
async fn open_ender(config: Config) -> Result<Ender, String> {
    let state = serve::connect(config, false).await?;
    let revocations = Revocations::load(state.db.clone(), state.clock.clone(), Metrics::default())
        .await
        .map_err(|error| error.to_string())?;
    Ok(Ender { state, revocations })
}

/// Who has confirmed, in words.
fn everywhere(receipt: &Receipt) -> String {
    if receipt.instances.is_empty() { "No server is running.".into() } else { confirmed_words(&receipt.instances) }
}

async fn migrate(config: Config) -> Result<(), String> {
    logging::start(&config);
    serve::migrate(config).await?;
    say!("The database is up to date.");
    Ok(())
}

/// Writes a line to standard output; ends the program where nobody reads it any more. Names and addresses that somebody
/// chose must not steer the terminal.
fn say_line(words: std::fmt::Arguments<'_>) {
    let Err(error) = writeln!(io::stdout().lock(), "{}", logging::visible(&words.to_string())) else { return };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    eprintln!("latchkey: the answer cannot be written: {error}");
    std::process::exit(1);
}
