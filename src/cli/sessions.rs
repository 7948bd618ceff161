//! `latchkey sessions`: who is logged in. Server side; reads only.

use std::net::IpAddr;

use clap::{
    Args, Subcommand,
    builder::{PossibleValue, PossibleValuesParser},
};
use serde::Serialize;

use super::{
    Common, Failed,
    installation::on_database,
    output::{Table, answer_list},
};
use crate::{
    auth::sessions::LiveSession,
    pages::admin::sessions::{Age, SessionRow, SessionsAsked, load},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Sessions {
    /// List active sessions, newest first.
    List(List),
}

#[derive(Args)]
pub struct List {
    /// Only of users whose name or email address has words that start like this.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "WORDS")]
    person: String,
    /// Only from this IP address.
    #[arg(long)]
    ip: Option<IpAddr>,
    /// Only those that started then.
    #[arg(long, value_parser = ages())]
    age: Option<String>,
    /// Maximum number of sessions (1 to 100,000).
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    #[command(flatten)]
    common: Common,
}

/// As on the page.
fn ages() -> PossibleValuesParser {
    let named = Age::ALL.iter().filter(|(name, ..)| !name.is_empty());
    PossibleValuesParser::new(named.map(|(name, words, _)| PossibleValue::new(*name).help(*words)))
}

pub async fn run(Sessions::List(args): Sessions) -> Result<(), Failed> {
    list(args).await
}

#[derive(Serialize)]
struct Listed {
    sessions: Vec<Session>,
    /// Whether there are more than the limit.
    more: bool,
    /// Whether more people match than were looked at.
    too_many_users: bool,
}

#[derive(Serialize)]
struct Session {
    #[serde(flatten)]
    session: LiveSession,
    user_id: String,
    email: String,
    name: String,
}

async fn list(args: List) -> Result<(), Failed> {
    let asked = SessionsAsked {
        person: args.person,
        ip: args.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        age: args.age.unwrap_or_default(),
        after: String::new(),
    };
    let Common { json, config, .. } = args.common;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let (rows, too_many_users) =
        on_database(config, async |state| Ok(load::find(state, &asked, limit + 1).await?)).await?;
    let more = rows.len() > limit;
    let sessions = rows.into_iter().take(limit).map(|row| Session::from(SessionRow::from(row))).collect();
    let listed = Listed { sessions, more, too_many_users };
    let table = Table::new(HEADS, listed.sessions.iter().map(cells));
    answer_list(json, &listed, &table, &notes(&listed))
}

fn notes(listed: &Listed) -> Vec<String> {
    let notes = [
        (listed.sessions.is_empty(), "No active sessions match."),
        (listed.more, "There are more. Show them with --limit."),
        (listed.too_many_users, "Too many users match. Type more of the name or email address."),
    ];
    notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words.to_owned()).collect()
}

impl From<SessionRow> for Session {
    fn from(SessionRow { session, user_id, name, email }: SessionRow) -> Self {
        Self { session, user_id, email, name }
    }
}

const HEADS: [&str; 6] = ["SESSION ID", "EMAIL", "IP ADDRESS", "DEVICE", "STARTED", "LAST SEEN"];

fn cells(Session { session, email, .. }: &Session) -> [String; 6] {
    let (started, seen) = (minute(session.created_at), minute(session.last_seen_at));
    [session.sid.clone(), email.clone(), session.ip.clone(), session.device.clone(), started, seen]
}
