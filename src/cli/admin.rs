//! `latchkey admin`: administrators from the command line. Server side.

use std::io::IsTerminal;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Common, Failed, installation::everywhere, who::Who};
use crate::{
    auth::{
        event::{Actor, Event, Kind},
        users::{Role, store::User},
    },
    base::{caller::Caller, display_name::DisplayName, email::Email, error::AppError, metrics::Metrics},
    pages::{
        admin::{by::parse_reason, stories::change_role},
        signup::sign_up::{NewAccount, Typed, create_admin},
    },
    passwords::hash::Passwords,
    serve,
};

#[derive(Subcommand)]
pub enum Admin {
    /// Create an administrator. Asks for the password, or reads it from one line of standard input.
    Create {
        /// Email address to log in with.
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        /// Name, shown to other people.
        #[arg(long, value_parser = DisplayName::parse)]
        name: DisplayName,
        #[command(flatten)]
        common: Common,
    },
    /// Make a user an administrator or an auditor.
    ///
    /// Takes effect on their next request, once every server has confirmed.
    Promote {
        /// New role. Auditors can view administration but change nothing. Administrators can do everything.
        #[arg(long, default_value = "admin", value_parser = ["auditor", "admin"])]
        role: String,
        #[command(flatten)]
        change: Change,
    },
    /// Remove the role of administrator or auditor.
    ///
    /// Takes effect on their next request, once every server has confirmed.
    Demote(Change),
}

#[derive(Args)]
pub struct Change {
    /// Email address or ID of the user.
    #[arg(long, value_name = "EMAIL-OR-ID", value_parser = Who::parse)]
    email: Who,
    /// Reason, recorded in the audit log.
    #[arg(long, default_value = "from the command line", value_parser = parse_reason)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

pub async fn run(command: Admin) -> Result<(), Failed> {
    match command {
        Admin::Create { email, name, common } => create(email.as_str(), name.as_str(), common).await,
        Admin::Promote { role, change: args } => change(args, Role::from_text(&role)).await,
        Admin::Demote(args) => change(args, Role::User).await,
    }
}

async fn change(Change { email, reason, common }: Change, role: Role) -> Result<(), Failed> {
    let change = async |terminator: &_, by: &_, user: &User| change_role(terminator, by, &user.id, role, "").await;
    let (User { email, .. }, outcome) = common.act_on(&email, &reason, change).await?;
    let role = role.with_article();
    common.answer(&outcome, || match &outcome.receipt {
        Some(receipt) => format!("{email} is now {role}. {}", everywhere(&receipt.instances)),
        None => format!("{email} already is {role}."),
    })
}

async fn create(email: &str, name: &str, common: Common) -> Result<(), Failed> {
    let password = read_password()?;
    // Before anything is opened or created.
    let passwords = Passwords::new(&common.config, Metrics::default())?;
    let account = NewAccount::parse(&passwords, &Caller::default(), Typed { name, email, password }).await;
    let account = account.map_err(|error| match error {
        AppError::Invalid(list) => {
            list.iter().map(|wrong| format!("Password: {wrong}")).collect::<Vec<_>>().join(" ").into()
        }
        other => Failed::from(other),
    })?;
    let services = serve::open(common.config.clone()).await?;
    let created = Event::new(Kind::AdminCreated, Actor::CommandLine, "");
    let created = create_admin(&services.state, &passwords, account, created).await;
    let id = created.map_err(|error| match error {
        AppError::SignUpRefused => Failed::from(format!(
            "this email address already has an account; make it an administrator with `latchkey admin promote --email {email}`"
        )),
        other => other.into(),
    })?;
    common.answer(&json!({ "id": id, "email": email }), || format!("{email} is now an administrator."))
}

fn read_password() -> Result<String, String> {
    let unread = |error| format!("cannot read the password: {error}");
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map_err(unread);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(unread)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
