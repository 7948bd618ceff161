//! `latchkey admin`: administrators from the command line. Server side.

use std::io::IsTerminal;

use clap::{Args, Subcommand};

use super::{
    Failed, act_on, everywhere,
    output::{say, say_json},
};
use crate::{
    auth::{
        event::{Actor, Event, Kind},
        users::Role,
    },
    base::{caller::Caller, config::Config, error::AppError, metrics::Metrics},
    pages::{
        admin::change_role::change_role,
        signup::sign_up::{NewAccount, create_admin},
    },
    passwords::hash::Passwords,
    serve,
};

#[derive(Subcommand)]
pub enum Admin {
    /// Make an administrator. Asks for the password, or reads one line of standard input.
    Create(CreateAdmin),
    /// Make an administrator, or an auditor, of a user. It counts on their next request once every server has confirmed.
    Promote(Promote),
    /// Take the role of administrator or auditor away. It counts on their next request, whatever their tokens say, once
    /// every server has confirmed.
    Demote(Change),
}

#[derive(Args)]
pub struct Promote {
    /// The role: an auditor reads everything of administration, an administrator changes it, too.
    #[arg(long, default_value = "admin", value_parser = ["auditor", "admin"])]
    role: String,
    #[command(flatten)]
    change: Change,
}

#[derive(Args)]
pub struct Change {
    /// E-mail address of the user, or the id.
    #[arg(long)]
    email: String,
    /// Why; it goes into the audit log.
    #[arg(long, default_value = "from the command line")]
    reason: String,
    /// Print one JSON document: `changed`, `words`, and the receipt, or who had done it before and why.
    #[arg(long)]
    json: bool,
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
    /// Print one JSON document: `id` and `email`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

pub async fn run(command: Admin) -> Result<(), Failed> {
    match command {
        Admin::Create(args) => create(args).await,
        Admin::Promote(args) => change(args.change, Role::from_text(&args.role)).await,
        Admin::Demote(args) => change(args, Role::User).await,
    }
}

async fn change(args: Change, role: Role) -> Result<(), Failed> {
    let (user, outcome) = act_on(args.config, &args.email, &args.reason, async |terminator, by, user| {
        change_role(terminator, by, &user.id, role, "").await
    })
    .await?;
    if args.json {
        return say_json(&outcome);
    }
    match outcome.receipt {
        Some(receipt) => say!("{}: {}. {}", user.email, role.into_str(), everywhere(&receipt)),
        None => say!("{}: {}, as before.", user.email, role.into_str()),
    }
    Ok(())
}

async fn create(args: CreateAdmin) -> Result<(), Failed> {
    let password = read_password()?;
    // Before anything is opened or made.
    let passwords = Passwords::new(&args.config, Metrics::default())?;
    let account = NewAccount::parse(&passwords, &Caller::default(), &args.name, &args.email, password).await;
    let account = account.map_err(|error| match error {
        AppError::Invalid(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    })?;
    let services = serve::open(args.config).await?;
    let made = Event::new(Kind::AdminCreated, Actor::CommandLine, "");
    let created = create_admin(&services.state, &passwords, account, made).await;
    let id = created.map_err(|error| match error {
        AppError::SignUpRefused => "there is an account with this e-mail already".to_owned(),
        other => other.to_string(),
    })?;
    if args.json {
        say!("{}", serde_json::json!({ "id": id, "email": args.email }));
    } else {
        say!("{} is an administrator now.", args.email);
    }
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
