//! The command line: serve, migrate, admin, force-logout, secret. Server side.

use std::{io::IsTerminal, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    admin::force_logout::parse_reason,
    audit::event::Actor,
    config::Config,
    metrics::Metrics,
    revocations::{EndReason, set::Revocations},
    serve,
    sessions::{
        end::{Ender, Ending, Target},
        receipt::confirmed_words,
    },
    signup::sign_up::{NewAccount, create_admin},
    tokens::sealed::SecretKey,
    users::{credentials::Email, store},
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
    /// Start the server. Migrates the database first. Ctrl-C or SIGTERM stops it in order.
    Serve(Config),
    /// Bring the database up to date and stop.
    Migrate(Config),
    /// Administrators.
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// End every session and token of a user, on every running instance, within a second.
    ForceLogout(ForceLogout),
    /// Print a new secret for LATCHKEY_SECRET_KEY.
    Secret,
}

#[derive(Subcommand)]
enum Admin {
    /// Make an administrator. Asks for the password, or reads one line of standard input.
    Create(CreateAdmin),
}

#[derive(Args)]
struct CreateAdmin {
    /// E-mail address to log in with.
    #[arg(long)]
    email: String,
    /// Name that others see.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
struct ForceLogout {
    /// E-mail address of the user.
    #[arg(long)]
    user: String,
    /// Why; it goes into the audit log.
    #[arg(long, default_value = "from the command line")]
    reason: String,
    /// Print the receipt as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

/// Runs the program. Exit codes: 0 done, 1 failed, 2 the command line was not understood.
pub async fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(config) => {
            serve::start_log(&config);
            serve::serve(config).await
        }
        Command::Migrate(config) => migrate(config).await,
        Command::Admin { command: Admin::Create(args) } => create(args).await,
        Command::ForceLogout(args) => force_logout(args).await,
        Command::Secret => SecretKey::generate().map(|key| println!("{}", key.encoded())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("latchkey: {words}");
            ExitCode::FAILURE
        }
    }
}

async fn migrate(config: Config) -> Result<(), String> {
    serve::start_log(&config);
    let state = serve::open_state(config).await?;
    println!("The database is up to date.");
    state.db.close().await;
    Ok(())
}

async fn create(args: CreateAdmin) -> Result<(), String> {
    let password = read_password()?;
    let account = NewAccount::parse(&args.name, &args.email, password).map_err(|error| match error {
        crate::error::AppError::Invalid(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    })?;
    let services = serve::open(args.config).await?;
    create_admin(&services.state, &services.passwords, account, &Actor::CommandLine, false).await.map_err(|error| {
        match error {
            crate::error::AppError::SignUpRefused => "there is an account with this e-mail already".to_owned(),
            other => other.to_string(),
        }
    })?;
    println!("{} is an administrator now.", args.email);
    Ok(())
}

fn read_password() -> Result<String, String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map_err(|error| format!("no password was read: {error}"));
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| format!("no password was read: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn force_logout(args: ForceLogout) -> Result<(), String> {
    let email = Email::parse(&args.user).map_err(|error| error.to_string())?;
    let words = parse_reason(&args.reason).map_err(|error| error.to_string())?;
    // Nothing is made: with a wrong folder the answer must be "no database", not "no such user".
    let state = serve::connect(args.config, false).await?;
    let user = store::find_by_email(&state.db.pool, &email)
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("there is no user with the e-mail {}", email.as_str()))?;
    let ending = Ending { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words, ip: String::new() };
    let revocations = Revocations::load(state.db.clone(), state.clock.clone(), Metrics::default())
        .await
        .map_err(|error| error.to_string())?;
    let ender = Ender { state: state.clone(), revocations };
    let receipt = ender.end_everywhere(Target::User(&user.id), ending).await.map_err(|error| error.to_string())?;
    if args.json {
        println!("{}", serde_json::to_string(&receipt).map_err(|error| error.to_string())?);
        return Ok(());
    }
    println!(
        "{}: {} session(s) ended, {} token(s) possibly live, written in {} ms. {}",
        email.as_str(),
        receipt.sessions_ended,
        receipt.tokens_possibly_live,
        receipt.milliseconds,
        if receipt.instances.is_empty() { "No server is running.".into() } else { confirmed_words(&receipt.instances) },
    );
    state.db.close().await;
    Ok(())
}
