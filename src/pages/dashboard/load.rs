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
    base::error::AppError,
    pages::{
        activity::words::{entries, fold},
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
    let (id, now_ms) = (&someone.user.id, page.app.now_ms());
    let (live, events, left) = state
        .db
        .at_hand
        .read(async |db| {
            let live = sessions::store::live_of(&mut *db, id, now_ms).await?;
            let events = log::store::newest_of(&mut *db, id, None, ACTIVITY_EVENTS).await?;
            let factor = second_factor::store::find(&mut *db, id).await?.filter(|factor| factor.is_on(now_ms));
            let left = match factor {
                Some(_) => Some(second_factor::store::codes_left(db, id, now_ms).await?),
                None => None,
            };
            Ok((live, events, left))
        })
        .await?;
    let (here, mut elsewhere): (Vec<LiveSession>, Vec<LiveSession>) =
        live.into_iter().partition(|session| session.sid == someone.log_in.sid);
    let more = elsewhere.len().saturating_sub(DEVICES);
    elsewhere.truncate(DEVICES);
    // The short line of time names no device, so what was said twice in a row is said once.
    let mut activity = fold(&entries(&events, &someone.log_in.sid), |one, next| one.words == next.words);
    activity.truncate(ACTIVITY_LINES);
    let codes = left.and_then(|left| codes_left(left, someone, &events, now_ms));
    let (viewer, member_since) = (someone.viewer(), someone.user.created_at);
    shows(move || view! { <DashboardPage viewer here elsewhere more activity codes member_since /> })
}

/// Recovery codes are spoken of where they are few, and to who has just logged in with one.
fn codes_left(left: i64, someone: &LoggedIn, events: &[EventRow], now_ms: i64) -> Option<CodesLeft> {
    let is_new = now_ms < someone.log_in.created_at + CODE_USED_FOR_MS;
    let codes = CodesLeft { left, just_used: is_new && began_with_recovery_code(events, &someone.log_in.sid) };
    Some(codes).filter(|codes| codes.just_used || codes.is_few())
}

/// The code is written down just before the login; the newest event comes first.
fn began_with_recovery_code(events: &[EventRow], sid: &str) -> bool {
    let before = events.iter().skip_while(|row| row.event != Kind::LoggedIn.into_str() || row.sid != sid).nth(1);
    before.is_some_and(|row| row.event == Kind::RecoveryCodeUsed.into_str())
}
