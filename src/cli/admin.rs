//! `latchkey admin`: administrators from the command line. Server side.

use std::io::IsTerminal;

use clap::{Args, Subcommand};

use super::{everywhere, find_user};
use crate::{
    admin::{change_role::change_role, force_logout::parse_reason},
    audit::event::Actor,
    config::Config,
    error::AppError,
    serve,
    signup::sign_up::{NewAccount, create_admin},
    users::{Role, password::Passwords},
};

#[derive(Subcommand)]
pub enum Admin {
    /// Make an administrator. Asks for the password, or reads one line of standard input.
    Create(CreateAdmin),
    /// Make an administrator of a user. It counts on their next request once every server has confirmed.
    Promote(Change),
    /// Take the administrator's role away. It counts on their next request, whatever their tokens say, once every
    /// server has confirmed.
    Demote(Change),
}

#[derive(Args)]
pub struct Change {
    /// E-mail address of the user.
    #[arg(long)]
    email: String,
    /// Why; it goes into the audit log.
    #[arg(long, default_value = "from the command line")]
    reason: String,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct CreateAdmin {
    /// E-mail address to log in with.
    #[arg(long)]
    email: String,
    /// Name that others see.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    config: Config,
}

/// # Errors
/// One line that says what to do.
pub async fn run(command: Admin) -> Result<(), String> {
    match command {
        Admin::Create(args) => create(args).await,
        Admin::Promote(args) => change(args, Role::Admin).await,
        Admin::Demote(args) => change(args, Role::User).await,
    }
}

async fn change(args: Change, role: Role) -> Result<(), String> {
    let words = parse_reason(&args.reason).map_err(|error| error.to_string())?;
    let (user, ender) = find_user(args.config, &args.email).await?;
    let changed =
        change_role(&ender, &user, role, Actor::CommandLine, words).await.map_err(|error| error.to_string())?;
    ender.state.db.close().await;
    match changed {
        Some(receipt) => println!("{}: {}. {}", user.email, role.as_text(), everywhere(&receipt)),
        None => println!("{}: {}, as before.", user.email, role.as_text()),
    }
    Ok(())
}

async fn create(args: CreateAdmin) -> Result<(), String> {
    let password = read_password()?;
    // Before anything is opened or made.
    let passwords = Passwords::new(&args.config).map_err(|error| error.to_string())?;
    let account =
        NewAccount::parse(&passwords, &args.name, &args.email, password).await.map_err(|error| match error {
            AppError::Invalid(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        })?;
    let services = serve::open(args.config).await?;
    create_admin(&services.state, &passwords, account, &Actor::CommandLine, false).await.map_err(
        |error| match error {
            AppError::SignUpRefused => "there is an account with this e-mail already".to_owned(),
            other => other.to_string(),
        },
    )?;
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
