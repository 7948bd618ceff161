//! `latchkey sessions`: who is logged in. Server side; reads only.

use std::net::IpAddr;

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    admin::sessions::{Age, SessionRow, SessionsAsked, load},
    config::Config,
    serve,
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
    #[arg(long, value_enum)]
    age: Option<Began>,
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
#[derive(Clone, Copy, ValueEnum)]
enum Began {
    /// Within the last hour.
    Hour,
    /// Within the last day.
    Day,
    /// Longer than a day ago.
    OverDay,
    /// Longer than a week ago.
    OverWeek,
    /// Longer than 30 days ago.
    OverMonth,
}

/// # Errors
/// One line that says what to do.
pub async fn run(command: Sessions) -> Result<(), String> {
    let Sessions::List(args) = command;
    list(args).await
}

async fn list(args: List) -> Result<(), String> {
    let age = args.age.and_then(|age| age.to_possible_value()).map(|age| age.get_name().to_owned());
    let age = age.unwrap_or_default();
    debug_assert!(age.is_empty() || Age::of(&age) != Age::Any);
    let asked = SessionsAsked {
        person: args.person,
        ip: args.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        age,
        after: String::new(),
    };
    let state = serve::connect(args.config, false).await?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let (rows, too_many) = load::find(&state, &asked, limit + 1).await.map_err(|error| error.to_string())?;
    state.db.close().await;
    let more = rows.len() > limit;
    if rows.is_empty() {
        eprintln!("No live session is like that.");
    }
    for row in rows.into_iter().take(limit).map(SessionRow::from) {
        if args.json {
            say!("{}", serde_json::to_string(&row).map_err(|error| error.to_string())?);
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
