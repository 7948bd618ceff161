//! Finds what the dashboard shows. Server side; reads only.

use leptos::prelude::*;

use super::page::{CodesLeft, DashboardPage};
use crate::{
    audit::{log, log::store::EventRow},
    auth::{
        event::Kind,
        second_factor, sessions,
        sessions::{LiveSession, guard::LoggedIn},
    },
    base::{error::AppError, state::AppState},
    pages::{
        activity::{
            Entry,
            words::{entries, fold},
        },
        request::{Found, PageRequest, shows},
    },
};

/// For so long after a login with a recovery code the page says how many are left.
const CODE_USED_FOR_MS: i64 = 10 * 60_000;
/// Other devices that are shown.
const DEVICES: usize = 3;
/// Lines of recent activity.
const ACTIVITY_LINES: usize = 8;
/// Events that are looked at to fill them: someone's guessing must not push one's own logins out of sight.
const ACTIVITY_EVENTS: i64 = 100;

pub async fn dashboard(page: &PageRequest) -> Result<Found, AppError> {
    let (someone, state) = (page.user()?, &page.app.state);
    let live = sessions::store::live_of(&state.db.pool, &someone.user.id, page.app.now_ms()).await?;
    let (here, elsewhere): (Vec<LiveSession>, Vec<LiveSession>) = live
        .into_iter()
        .map(sessions::session::SessionRow::into_live)
        .partition(|session| session.sid == someone.log_in.sid);
    let (elsewhere, more) = first(elsewhere);
    let events = log::store::newest_of(&state.db.pool, &someone.user.id, None, ACTIVITY_EVENTS).await?;
    let activity = lines(&events, &someone.log_in.sid);
    let codes = codes_left(state, someone, &events).await?;
    let (viewer, member_since) = (someone.viewer(), someone.user.created_at);
    shows(move || view! { <DashboardPage viewer here elsewhere more activity codes member_since /> })
}

/// Recovery codes are spoken of where they are few, and to who has just logged in with one.
async fn codes_left(state: &AppState, someone: &LoggedIn, events: &[EventRow]) -> Result<Option<CodesLeft>, AppError> {
    let now_ms = state.clock.now_ms();
    if !second_factor::check::is_on(state, &someone.user.id).await? {
        return Ok(None);
    }
    let left = second_factor::store::codes_left(&state.db.pool, &someone.user.id, now_ms).await?;
    let is_new = now_ms < someone.log_in.created_at + CODE_USED_FOR_MS;
    let codes = CodesLeft { left, just_used: is_new && began_with_recovery_code(events, &someone.log_in.sid) };
    Ok(Some(codes).filter(|codes| codes.just_used || codes.is_few()))
}

/// The code is written down just before the login; the newest event comes first.
fn began_with_recovery_code(events: &[EventRow], sid: &str) -> bool {
    let before = events.iter().skip_while(|row| row.event != Kind::LoggedIn.into_str() || row.sid != sid).nth(1);
    before.is_some_and(|row| row.event == Kind::RecoveryCodeUsed.into_str())
}

/// The devices that were used last, and how many there are besides.
fn first(mut sessions: Vec<LiveSession>) -> (Vec<LiveSession>, usize) {
    let more = sessions.len().saturating_sub(DEVICES);
    sessions.truncate(DEVICES);
    (sessions, more)
}

/// The short line of time names no device, so what was said twice in a row is said once.
fn lines(events: &[EventRow], sid: &str) -> Vec<Entry> {
    let mut lines = fold(&entries(events, sid), |one, next| one.words == next.words);
    lines.truncate(ACTIVITY_LINES);
    lines
}
