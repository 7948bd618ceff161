//! What the dashboard shows. Server side; reads only.

use super::{Activity, Dashboard};
use crate::{
    audit::{self, store::Row},
    error::AppError,
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
        member_since: someone.user.created_at,
    })
}

/// Neighbours that say the same become one line with the newest time and their number.
fn lines(events: &[Row]) -> Vec<Activity> {
    let groups = events.chunk_by(|one, next| one.words() == next.words()).take(ACTIVITY_LINES);
    groups
        .filter_map(|group| {
            let newest = group.first()?;
            let words = match group.len() {
                1 => newest.words().to_owned(),
                times => format!("{} ({times} times)", newest.words()),
            };
            Some(Activity { at: newest.at, words })
        })
        .collect()
}
