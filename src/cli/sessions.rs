//! `latchkey sessions`: who is logged in. Server side; reads only.

use std::net::IpAddr;

use clap::{
    Subcommand,
    builder::{PossibleValue, PossibleValuesParser},
};
use serde_json::json;

use super::{Common, Failed, output::table};
use crate::{
    pages::admin::sessions::{Age, SessionRow, SessionsAsked, load},
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Sessions {
    /// List active sessions, newest first.
    List {
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
    },
}

/// As on the page.
fn ages() -> PossibleValuesParser {
    let named = Age::ALL.iter().filter(|(name, ..)| !name.is_empty());
    PossibleValuesParser::new(named.map(|(name, words, _)| PossibleValue::new(*name).help(*words)))
}

pub async fn run(Sessions::List { person, ip, age, limit, common }: Sessions) -> Result<(), Failed> {
    let (ip, age) = (ip.map(|ip| ip.to_string()).unwrap_or_default(), age.unwrap_or_default());
    let asked = SessionsAsked { person, ip, age, after: String::new() };
    let limit = limit as usize;
    let (rows, too_many_users) =
        common.on_database(async |state| Ok(load::find(state, &asked, limit + 1).await?)).await?;
    let more = rows.len() > limit;
    let sessions: Vec<SessionRow> = rows.into_iter().take(limit).map(Into::into).collect();
    let table = table(HEADS, sessions.iter().map(cells));
    let notes = [
        more.then(|| "There are more. Show them with --limit.".to_owned()),
        too_many_users.then(|| "Too many users match. Type more of the name or email address.".to_owned()),
    ];
    let listed = json!({ "sessions": sessions, "more": more, "too_many_users": too_many_users });
    common.answer_list(&listed, table, "No active sessions match.", notes.into_iter().flatten())
}

const HEADS: [&str; 6] = ["SESSION ID", "EMAIL", "IP ADDRESS", "DEVICE", "STARTED", "LAST SEEN"];

fn cells(SessionRow { session, email, .. }: &SessionRow) -> [String; 6] {
    let (started, seen) = (minute(session.created_at), minute(session.last_seen_at));
    [session.sid.clone(), email.clone(), session.ip.clone(), session.device.clone(), started, seen]
}
