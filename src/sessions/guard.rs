//! Who is logged in: found once per request, before anything else runs; then a permission to hold. Server side.

use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_sessions::Session;

use super::{
    Ended, Viewer,
    session::{BrowserSession, LogIn, idle_end},
    store,
};
use crate::{
    error::AppError,
    state::AppState,
    users::{self, Role, store::User},
    web::{action::extension, problem::Problem},
};

/// A user with a live session. Only this module makes one.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub user: User,
    pub log_in: LogIn,
}

/// A user with a live session who is an administrator.
#[derive(Clone, Debug)]
pub struct Administrator(pub LoggedIn);

/// A session's use is written down at most this often: reading pages should not cost a write each.
const TOUCH_EVERY_MS: i64 = 60_000;

/// Layer: finds the session's user and notes that the session is in use. When the database is away the answer is
/// 503 and the cookie stays: an outage logs nobody out (ASVS 16.5.2).
pub async fn find_user(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match look_up(&state, &session).await {
        Ok(Found::LoggedIn(someone)) => {
            parts.extensions.insert(*someone);
        }
        Ok(Found::Ended(ended)) => {
            parts.extensions.insert(ended);
        }
        Ok(Found::Nobody) => {}
        Err(_) => return Problem::from(AppError::Busy).into_response(),
    }
    next.run(Request::from_parts(parts, body)).await
}

enum Found {
    LoggedIn(Box<LoggedIn>),
    Ended(Ended),
    Nobody,
}

async fn look_up(state: &AppState, session: &Session) -> Result<Found, AppError> {
    if session.id().is_none() {
        return Ok(Found::Nobody);
    }
    let browser = BrowserSession(session);
    let Some(log_in) = browser.log_in().await? else {
        return Ok(browser.ended().await?.map_or(Found::Nobody, Found::Ended));
    };
    let user = users::store::find_by_id(&state.db.pool, &log_in.user_id).await?;
    let Some(user) = user.filter(|user| user.disabled_at.is_none()) else { return Ok(Found::Nobody) };
    let now_ms = state.clock.now_ms();
    if now_ms - log_in.last_seen_at >= TOUCH_EVERY_MS {
        let idle_expires_at = idle_end(&state.config, now_ms).min(log_in.expires_at);
        store::touch(&state.db.pool, &log_in.sid, now_ms, idle_expires_at).await?;
    }
    Ok(Found::LoggedIn(Box::new(LoggedIn { user, log_in })))
}

impl Administrator {
    /// # Errors
    /// [`AppError::NotAllowed`] for everybody else.
    pub fn check(someone: LoggedIn) -> Result<Self, AppError> {
        if someone.user.role() == Role::Admin { Ok(Self(someone)) } else { Err(AppError::NotAllowed) }
    }
}

/// The administrator of the action that runs now.
///
/// # Errors
/// [`AppError::NotLoggedIn`], or [`AppError::NotAllowed`].
pub fn require_admin() -> Result<Administrator, AppError> {
    Administrator::check(find().ok_or(AppError::NotLoggedIn)?)
}

/// The user of the action that runs now, if there is one.
pub fn find() -> Option<LoggedIn> {
    extension::<LoggedIn>()
}

impl LoggedIn {
    pub fn viewer(&self) -> Viewer {
        Viewer {
            id: self.user.id.clone(),
            name: self.user.name.clone(),
            email: self.user.email.clone(),
            role: self.user.role(),
            sid: self.log_in.sid.clone(),
        }
    }
}
