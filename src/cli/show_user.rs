//! `latchkey users show`: what is known of one user. Server side; reads only.

use serde_json::{Value, json};

use super::{Common, Failed, installation::find_user, output::table, who::Who};
use crate::{
    audit::{log, log::store::EventRow},
    auth::{second_factor, sessions, sessions::LiveSession, users::store::User},
    base::state::AppState,
    pages::activity::{Entry, words::entry},
    ui::when::minute,
};

const EVENTS_MAX: i64 = 10;

pub struct Details {
    user: User,
    second_factor_at: Option<i64>,
    sessions: Vec<LiveSession>,
    activity: Vec<EventRow>,
}

pub async fn run(who: &Who, common: &Common) -> Result<(), Failed> {
    let details = common.on_database(async |app| find(app, who).await).await?;
    common.answer(&shown(&details), || text(&details))
}

pub async fn find(app: &AppState, who: &Who) -> Result<Details, Failed> {
    let (user, pool, now_ms) = (find_user(app, who).await?, &app.db.pool, app.clock.now_ms());
    let second_factor = second_factor::store::find(pool, &user.id).await?;
    Ok(Details {
        second_factor_at: second_factor.and_then(|row| row.on_since(now_ms)),
        sessions: sessions::store::live_of(pool, &user.id, now_ms).await?,
        activity: log::store::newest_of(pool, &user.id, None, EVENTS_MAX).await?,
        user,
    })
}

/// As scripts read it.
pub fn shown(Details { user, second_factor_at, sessions, activity }: &Details) -> Value {
    let happened = |row: &EventRow| {
        let Entry { at, words, device, ip, .. } = entry(row, "");
        json!({ "at": at, "event": row.event, "words": words, "device": device, "ip": ip, "reason": row.reason })
    };
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role(),
        "disabled": user.disabled_at.is_some(),
        "verified": user.verified_at.is_some(),
        "second_factor": second_factor_at.is_some(),
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
        "verified_at": user.verified_at,
        "second_factor_at": second_factor_at,
        "sessions": sessions,
        "activity": activity.iter().map(happened).collect::<Vec<_>>(),
    })
}

/// As people read it.
pub fn text(details: &Details) -> String {
    let parts = [
        facts(details),
        format!("Active sessions: {}", details.sessions.len()),
        session_table(&details.sessions),
        format!("Recent activity, in the words the user reads: {}", details.activity.len()),
        activity_table(&details.activity),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn facts(Details { user, second_factor_at, .. }: &Details) -> String {
    let since = |time: Option<i64>| time.map_or_else(|| "no".to_owned(), minute);
    let facts = [
        ("ID", user.id.clone()),
        ("Email", user.email.clone()),
        ("Name", user.name.clone()),
        ("Role", user.role().into_str().to_owned()),
        ("Created", minute(user.created_at)),
        ("Email confirmed", since(user.verified_at)),
        ("Disabled", since(user.disabled_at)),
        ("Two-factor authentication", since(*second_factor_at)),
    ];
    facts.map(|(name, value)| format!("{name:<26} {value}")).join("\n")
}

fn session_table(sessions: &[LiveSession]) -> String {
    let row = |one: &LiveSession| {
        let (started, seen) = (minute(one.created_at), minute(one.last_seen_at));
        [one.sid.clone(), one.device.clone(), one.ip.clone(), started, seen]
    };
    table(["SESSION ID", "DEVICE", "IP ADDRESS", "STARTED", "LAST SEEN"], sessions.iter().map(row))
}

/// In the words that the user reads.
fn activity_table(activity: &[EventRow]) -> String {
    let row = |one: &EventRow| {
        let Entry { at, words, device, ip, .. } = entry(one, "");
        [minute(at), words, device, ip]
    };
    table(["TIME", "EVENT", "DEVICE", "IP ADDRESS"], activity.iter().map(row))
}
