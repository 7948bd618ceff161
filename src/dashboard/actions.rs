//! The border of the dashboard. Actions, both sides.

use leptos::prelude::*;

use super::Dashboard;
use crate::error::AppError;

/// What the dashboard shows to who is logged in. Callable by users; reads only.
///
/// # Errors
/// [`AppError::NotLoggedIn`].
#[server(prefix = "/actions", endpoint = "read_dashboard")]
pub async fn read_dashboard() -> Result<Dashboard, AppError> {
    use super::Activity;
    use crate::{audit, sessions, sessions::guard::require_user, state::AppState, web::action::act};
    act(crate::web::Typed::default(), async {
        let someone = require_user()?;
        let state = expect_context::<AppState>();
        let now_ms = state.clock.now_ms();
        let live = sessions::store::live_of(&state.db.pool, &someone.user.id, now_ms).await?;
        let events = audit::store::newest_of(&state.db.pool, &someone.user.id, 8).await?;
        Ok(Dashboard {
            viewer: someone.viewer(),
            sessions: live.into_iter().map(sessions::store::Row::into_live).collect(),
            activity: events.into_iter().map(|row| Activity { at: row.at, words: row.words().to_owned() }).collect(),
            member_since: someone.user.created_at,
        })
    })
    .await
}
