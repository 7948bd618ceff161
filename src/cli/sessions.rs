//! `latchkey sessions`: who is logged in. Server side; reads only.

use std::net::IpAddr;

use clap::{
    Args, Subcommand,
    builder::{PossibleValue, PossibleValuesParser},
};

use super::{
    Failed, on_database,
    output::{say, say_json_line},
};
use crate::{
    base::config::Config,
    pages::admin::sessions::{Age, SessionRow, SessionsAsked, load},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Sessions {
    /// List live sessions, the newest first.
    List(List),
}

#[derive(Args)]
pub struct List {
    /// Only of people whose name or e-mail address has words that begin so.
    #[arg(long, default_value = "", hide_default_value = true)]
    person: String,
    /// Only from this network address.
    #[arg(long)]
    ip: Option<IpAddr>,
    /// Only those that began then.
    #[arg(long, value_parser = ages())]
    age: Option<String>,
    /// Show so many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print each as a line of JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

/// As on the page.
fn ages() -> PossibleValuesParser {
    let named = Age::ALL.iter().filter(|(name, ..)| !name.is_empty());
    PossibleValuesParser::new(named.map(|(name, words, _)| PossibleValue::new(*name).help(*words)))
}

pub async fn run(command: Sessions) -> Result<(), Failed> {
    let Sessions::List(args) = command;
    list(args).await
}

async fn list(args: List) -> Result<(), Failed> {
    let asked = SessionsAsked {
        person: args.person,
        ip: args.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        age: args.age.unwrap_or_default(),
        after: String::new(),
    };
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let (rows, too_many) =
        on_database(args.config, async |state| Ok(load::find(state, &asked, limit + 1).await?)).await?;
    let more = rows.len() > limit;
    if rows.is_empty() {
        eprintln!("No live session is like that.");
    }
    for row in rows.into_iter().take(limit).map(SessionRow::from) {
        if args.json {
            say_json_line(&row)?;
        } else {
            print(&row);
        }
    }
    if more {
        eprintln!("There are more; --limit shows them.");
    }
    if too_many {
        eprintln!("Many people match; type more of the name or the address.");
    }
    Ok(())
}

fn print(SessionRow { session, email, .. }: &SessionRow) {
    let (began, seen) = (minute(session.created_at), minute(session.last_seen_at));
    say!("{}  {email}  {}  {}  began {began}  last seen {seen}", session.sid, session.ip, session.device);
}
