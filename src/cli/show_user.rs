//! `latchkey users show`: what is known of one user. Server side; reads only.

use serde::Serialize;

use super::{Common, Failed, installation::find_user, output::Table};
use crate::{
    audit::{log, log::store::EventRow},
    auth::{second_factor, sessions, sessions::LiveSession, users::store::User},
    base::state::AppState,
    pages::activity::words::entry,
    people::list::Person,
    ui::when::minute,
};

/// How many events are shown.
const EVENTS_MAX: i64 = 10;

#[derive(Serialize)]
struct Details {
    #[serde(flatten)]
    person: Person,
    disabled_at: Option<i64>,
    verified_at: Option<i64>,
    second_factor_at: Option<i64>,
    sessions: Vec<LiveSession>,
    activity: Vec<Happened>,
}

/// An event in the words that the user reads.
#[derive(Serialize)]
struct Happened {
    at: i64,
    event: String,
    words: String,
    device: String,
    ip: String,
    reason: String,
}

pub async fn run(who: &str, common: &Common) -> Result<(), Failed> {
    let show = async |app: &AppState| Ok(details(app, find_user(app, who).await?).await?);
    let details = common.on_database(show).await?;
    common.answer(&details, || text(&details))
}

async fn details(app: &AppState, user: User) -> Result<Details, sqlx::Error> {
    let (pool, now_ms) = (&app.db.pool, app.clock.now_ms());
    let second_factor_at = second_factor::store::find(pool, &user.id).await?.and_then(|row| row.on_since(now_ms));
    let sessions = sessions::store::live_of(pool, &user.id, now_ms).await?;
    let events = log::store::newest_of(pool, &user.id, None, EVENTS_MAX).await?;
    Ok(Details {
        disabled_at: user.disabled_at,
        verified_at: user.verified_at,
        second_factor_at,
        sessions: sessions.into_iter().map(sessions::session::SessionRow::into_live).collect(),
        activity: events.into_iter().map(Happened::from).collect(),
        person: Person {
            role: user.role(),
            disabled: user.disabled_at.is_some(),
            verified: user.verified_at.is_some(),
            second_factor: second_factor_at.is_some(),
            created_at: user.created_at,
            id: user.id,
            email: user.email,
            name: user.name,
        },
    })
}

impl From<EventRow> for Happened {
    fn from(row: EventRow) -> Self {
        let words = entry(&row, "").words;
        let EventRow { at, event, device, ip, reason, .. } = row;
        Self { at, event, words, device, ip, reason }
    }
}

fn text(details: &Details) -> String {
    let parts = [
        facts(details),
        format!("Active sessions: {}", details.sessions.len()),
        session_table(&details.sessions),
        format!("Recent activity, in the words the user reads: {}", details.activity.len()),
        activity_table(&details.activity),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn facts(Details { person, disabled_at, verified_at, second_factor_at, .. }: &Details) -> String {
    let since = |time: &Option<i64>| time.map_or_else(|| "no".to_owned(), minute);
    let facts = [
        ("ID", person.id.clone()),
        ("Email", person.email.clone()),
        ("Name", person.name.clone()),
        ("Role", person.role.into_str().to_owned()),
        ("Created", minute(person.created_at)),
        ("Email confirmed", since(verified_at)),
        ("Disabled", since(disabled_at)),
        ("Two-factor authentication", since(second_factor_at)),
    ];
    facts.map(|(name, value)| format!("{name:<26} {value}")).join("\n")
}

fn session_table(sessions: &[LiveSession]) -> String {
    let row = |one: &LiveSession| {
        let (started, seen) = (minute(one.created_at), minute(one.last_seen_at));
        [one.sid.clone(), one.device.clone(), one.ip.clone(), started, seen]
    };
    Table::new(["SESSION ID", "DEVICE", "IP ADDRESS", "STARTED", "LAST SEEN"], sessions.iter().map(row)).text()
}

fn activity_table(activity: &[Happened]) -> String {
    let row = |one: &Happened| [minute(one.at), one.words.clone(), one.device.clone(), one.ip.clone()];
    Table::new(["TIME", "EVENT", "DEVICE", "IP ADDRESS"], activity.iter().map(row)).text()
}
