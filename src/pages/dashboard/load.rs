//! Finds what the dashboard shows. Server side; reads only.

use leptos::prelude::*;

use super::page::DashboardPage;
use crate::{
    audit::{log, log::store::EventRow},
    auth::{second_factor, sessions, sessions::LiveSession},
    base::{error::AppError, state::AppState},
    pages::{
        activity::{
            Entry,
            words::{entry, fold},
        },
        request::{Found, PageRequest, shows},
    },
};

/// Lines of recent activity.
const ACTIVITY_LINES: usize = 8;
/// Events that are looked at to fill them: somebody's guessing must not push one's own log-ins out of sight.
const ACTIVITY_EVENTS: i64 = 100;

pub async fn dashboard(page: &PageRequest) -> Result<Found, AppError> {
    let (someone, state) = (page.user()?, &page.app.state);
    let live = sessions::store::live_of(&state.db.pool, &someone.user.id, page.app.now_ms()).await?;
    let (here, elsewhere): (Vec<LiveSession>, Vec<LiveSession>) = live
        .into_iter()
        .map(sessions::store::SessionRow::into_live)
        .partition(|session| session.sid == someone.log_in.sid);
    let events = log::store::newest_of(&state.db.pool, &someone.user.id, None, ACTIVITY_EVENTS).await?;
    let activity = lines(&events, &someone.log_in.sid);
    let few_recovery_codes = few_recovery_codes(state, &someone.user.id).await?;
    let (viewer, member_since) = (someone.viewer(), someone.user.created_at);
    shows(move || view! { <DashboardPage viewer here elsewhere activity few_recovery_codes member_since /> })
}

async fn few_recovery_codes(state: &AppState, user_id: &str) -> Result<Option<i64>, AppError> {
    if !second_factor::check::is_on(state, user_id).await? {
        return Ok(None);
    }
    let left = second_factor::store::codes_left(&state.db.pool, user_id, state.clock.now_ms()).await?;
    Ok(Some(left).filter(|left| *left <= second_factor::FEW_RECOVERY_CODES))
}

/// The short line of time names no device, so what was said twice in a row is said once.
fn lines(events: &[EventRow], sid: &str) -> Vec<Entry> {
    let entries: Vec<Entry> = events.iter().map(|row| entry(row, sid)).collect();
    let mut lines = fold(&entries, |one, next| one.words == next.words);
    lines.truncate(ACTIVITY_LINES);
    lines
}
