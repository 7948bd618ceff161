//! The command line: one file per command that is more than a line. Server side.

mod admin;
mod audit;
mod disable;
mod doctor;
mod failed;
mod force_logout;
pub mod given;
mod keys;
mod mail;
mod output;
pub mod parts;
mod sessions;
mod setup_link;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use uuid::Uuid;

use self::parts::ServerSettings;
use crate::{
    auth::{
        revocations::set::Revocations,
        sessions::{Receipt, terminate::Terminator},
        users::{store, store::User},
    },
    base::{
        config::Config, db::again, email::Email, error::AppError, logging, metrics::Metrics, sealed::SecretKey,
        state::AppState,
    },
    cli::{failed::Failed, output::say},
    pages::admin::{by::By, outcome::Outcome},
    people::receipt::confirmed_words,
    serve,
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
    Serve(ServerSettings),
    /// Bring the database up to date and stop. On PostgreSQL by the role that owns it; `serve` needs rights to rows only.
    Migrate(ServerSettings),
    /// Administrators.
    Admin {
        #[command(subcommand)]
        command: admin::Admin,
    },
    /// Print a link that makes the first administrator. It works once, within an hour; those before work on.
    SetupLink(Config),
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
        Command::Serve(ServerSettings { config, parts }) => {
            logging::start(&config);
            serve::serve(config, parts.into()).await.map_err(Failed)
        }
        Command::Migrate(settings) => migrate(settings).await,
        Command::Admin { command } => admin::run(command).await,
        Command::SetupLink(config) => setup_link::run(config).await,
        Command::ForceLogout(args) => force_logout::run(args).await,
        Command::Sessions { command } => sessions::run(command).await,
        Command::Keys { command } => keys::run(command).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Audit { command } => audit::run(command).await,
        Command::Mail { command } => mail::run(command).await,
        Command::Users { command } => users::run(command).await,
        Command::Secret => print_secret(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(words)) => {
            eprintln!("latchkey: {words}");
            ExitCode::FAILURE
        }
    }
}

async fn migrate(ServerSettings { config, parts }: ServerSettings) -> Result<(), Failed> {
    logging::start(&config);
    serve::migrate(config, &parts.into()).await?;
    say!("The database is up to date.");
    Ok(())
}

fn print_secret() -> Result<(), Failed> {
    say!("{}", SecretKey::generate()?.encoded());
    Ok(())
}

/// Works on the database of an installation that is there already, and closes it whatever came of it. Nothing is made: with a
/// wrong folder the answer must be "no database", not "no such user".
async fn on_database<T>(config: Config, work: impl AsyncFnOnce(&AppState) -> Result<T, Failed>) -> Result<T, Failed> {
    let state = serve::connect(config, false).await?;
    let done = work(&state).await;
    state.db.close().await;
    done
}

/// Does to a user what the pages of administration do.
async fn act_on(
    config: Config,
    who: &str,
    reason: &str,
    act: impl AsyncFn(&Terminator, &By, &User) -> Result<Outcome, AppError>,
) -> Result<(User, Outcome), Failed> {
    let by = By::command_line(reason)?;
    on_database(config, async |state| {
        let user = find_user(state, who).await?;
        let terminator = terminator(state).await?;
        let outcome = again(|| act(&terminator, &by, &user)).await?;
        Ok((user, outcome))
    })
    .await
}

/// By e-mail or id.
async fn find_user(state: &AppState, who: &str) -> Result<User, Failed> {
    let db = &state.db.pool;
    let (what, found) = match Uuid::parse_str(who) {
        Ok(id) => ("id", store::find_by_id(db, &id.to_string()).await?),
        Err(_) => ("e-mail", store::find_by_email(db, &Email::parse(who)?).await?),
    };
    Ok(found.ok_or_else(|| format!("there is no user with the {what} {who}"))?)
}

/// What is needed to end something.
async fn terminator(state: &AppState) -> Result<Terminator, Failed> {
    let revocations = Revocations::load(state.db.clone(), state.clock.clone(), Metrics::default()).await?;
    Ok(Terminator { state: state.clone(), revocations })
}

/// Who has confirmed, in words.
fn everywhere(receipt: &Receipt) -> String {
    if receipt.instances.is_empty() { "No server is running.".into() } else { confirmed_words(&receipt.instances) }
}
