//! What the dashboard shows. Server side; reads only.

use super::{Activity, Dashboard};
use crate::{
    audit::{self, store::Row},
    error::AppError,
    revocations::EndReason,
    second_factor,
    sessions::{self, guard::LoggedIn},
    state::AppState,
};

/// Lines of recent activity.
const ACTIVITY_LINES: usize = 8;
/// Events that are looked at to fill them: somebody's guessing must not push one's own log-ins out of sight.
const ACTIVITY_EVENTS: i64 = 100;

/// # Errors
/// When the database cannot be read.
pub async fn load(state: &AppState, someone: &LoggedIn) -> Result<Dashboard, AppError> {
    let now_ms = state.clock.now_ms();
    let live = sessions::store::live_of(&state.db.pool, &someone.user.id, now_ms).await?;
    let events = audit::store::newest_of(&state.db.pool, &someone.user.id, ACTIVITY_EVENTS).await?;
    Ok(Dashboard {
        viewer: someone.viewer(),
        sessions: live.into_iter().map(sessions::store::Row::into_live).collect(),
        activity: lines(&events),
        few_recovery_codes: few_recovery_codes(state, &someone.user.id).await?,
        member_since: someone.user.created_at,
    })
}

async fn few_recovery_codes(state: &AppState, user_id: &str) -> Result<Option<i64>, AppError> {
    if !second_factor::check::is_on(state, user_id).await? {
        return Ok(None);
    }
    let left = second_factor::store::codes_left(&state.db.pool, user_id).await?;
    Ok(Some(left).filter(|left| *left <= second_factor::FEW_RECOVERY_CODES))
}

/// Neighbours that say the same become one line with the newest time and their number.
fn lines(events: &[Row]) -> Vec<Activity> {
    let groups = events.chunk_by(|one, next| words(one) == words(next)).take(ACTIVITY_LINES);
    groups
        .filter_map(|group| {
            let newest = group.first()?;
            let words = match group.len() {
                1 => words(newest),
                times => format!("{} ({times} times)", words(newest).trim_end_matches('.')),
            };
            Some(Activity { at: newest.at, words })
        })
        .collect()
}

/// An event in words for the person it happened to.
fn words(event: &Row) -> String {
    let plain = match event.event.as_str() {
        "signed_up" => "You signed up.",
        "logged_in" => "You logged in.",
        "log_in_failed" => "Somebody tried to log in with a wrong password.",
        "session_ended" => return ended_words(event),
        "reauthenticated" => "You confirmed that it is you.",
        "reauthentication_failed" => "A wrong password was entered where you are logged in.",
        "password_changed" => "You changed your password.",
        "second_factor_on" => "You turned on the second factor.",
        "second_factor_off" => "You turned off the second factor.",
        "second_factor_failed" => "Somebody entered the right password and then a wrong code.",
        "recovery_codes_made" => "You made new recovery codes.",
        "recovery_code_used" => "You logged in with a recovery code.",
        "device_trusted" => "You trusted a device, which is asked for no code.",
        "device_forgotten" => "You stopped trusting a device.",
        "role_changed" => "Your role was changed.",
        "force_logout" => "An administrator logged you out.",
        "admin_created" => "The account was made, as an administrator.",
        _ => "Something happened that this version cannot name.",
    };
    plain.to_owned()
}

/// The log-in page speaks of "this session"; here it is one of several.
fn ended_words(event: &Row) -> String {
    let plain = match end_reason(event) {
        Some(EndReason::LoggedOut) => "You logged out.",
        Some(EndReason::Replaced) => "You logged in again in the same browser.",
        Some(EndReason::ByUser) => "You ended a session from another device.",
        Some(EndReason::PasswordChanged) => "Your other sessions ended because of the new password.",
        Some(EndReason::SecondFactorChanged) => {
            "Your other sessions ended because the second factor was turned on or off."
        }
        Some(EndReason::GaveWay) => "A session that was unused for long gave way to a newer one.",
        Some(EndReason::TheftSuspected) => {
            let Row { ip, reason, .. } = event;
            return format!(
                "It looks as if somebody used a copy of your session ({reason}, from {ip}), so it was ended."
            );
        }
        Some(reason) => reason.sentence(),
        None => "A session ended.",
    };
    plain.to_owned()
}

fn end_reason(event: &Row) -> Option<EndReason> {
    let details: serde_json::Value = serde_json::from_str(&event.details).ok()?;
    EndReason::from_text(details["end_reason"].as_str()?)
}
