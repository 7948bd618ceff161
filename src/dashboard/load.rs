//! What the dashboard shows. Server side; reads only.

use super::{Activity, Dashboard};
use crate::{
    audit,
    error::AppError,
    sessions::{self, guard::LoggedIn},
    state::AppState,
};

/// Lines of recent activity.
const ACTIVITY_LINES: i64 = 8;

/// # Errors
/// When the database cannot be read.
pub async fn load(state: &AppState, someone: &LoggedIn) -> Result<Dashboard, AppError> {
    let now_ms = state.clock.now_ms();
    let live = sessions::store::live_of(&state.db.pool, &someone.user.id, now_ms).await?;
    let events = audit::store::newest_of(&state.db.pool, &someone.user.id, ACTIVITY_LINES).await?;
    Ok(Dashboard {
        viewer: someone.viewer(),
        sessions: live.into_iter().map(sessions::store::Row::into_live).collect(),
        activity: events.into_iter().map(|row| Activity { at: row.at, words: row.words().to_owned() }).collect(),
        member_since: someone.user.created_at,
    })
}
