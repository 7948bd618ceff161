//! The stories of logging in and out. Server side.

use leptos::prelude::expect_context;
use tower_sessions::Session;

use super::{
    end::{Ender, Ending, Target},
    guard,
    session::BrowserSession,
    store,
};
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::{AppError, Invalid},
    revocations::EndReason,
    state::AppState,
    users::{
        credentials::{Email, Password},
        password::Passwords,
        store as user_store,
    },
    web::{
        action::{self, caller},
        caller::Caller,
        cookies::{self, Name},
        local_path::LocalPath,
    },
};

pub async fn log_in(email: String, password: String, remember: bool, next: Option<String>) -> Result<(), AppError> {
    let next = LocalPath::parse_or_dashboard(next.as_deref());
    let (email, password) = parse(&email, password)?;
    let state = expect_context::<AppState>();
    let passwords = expect_context::<Passwords>();

    let user = user_store::find_by_email(&state.db.pool, &email).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let matches = passwords.verify(password, stored).await?;
    match user {
        Some(user) if matches && user.disabled_at.is_none() => {
            start_session(&state, &user.id, remember).await?;
            leptos_axum::redirect(next.as_str());
            Ok(())
        }
        other => {
            note_failure(&state, &other.map(|user| user.id).unwrap_or_default()).await?;
            Err(AppError::WrongCredentials)
        }
    }
}

/// Starts a session for a user who has just proven who they are, in place of the one before.
///
/// # Errors
/// When the database does not take it.
pub async fn start_session(state: &AppState, user_id: &str, remember: bool) -> Result<(), AppError> {
    let session = action::extension::<Session>().ok_or_else(AppError::internal)?;
    let caller = caller();
    let user = user_store::find_by_id(&state.db.pool, user_id).await?.ok_or(AppError::NotFound)?;
    if let Some(before) = guard::find() {
        let ending = Ending {
            actor: Actor::User(before.user.id.clone()),
            reason: EndReason::Replaced,
            words: String::new(),
            ip: caller.ip.clone(),
        };
        expect_context::<Ender>().end(Target::Session(&before.log_in.sid), ending).await?;
    }
    let log_in = BrowserSession(&session).start(state, &user, remember, &caller).await?;
    let mut event = Event::new(Kind::LoggedIn, Actor::User(user_id.to_owned()), user_id);
    event.sid.clone_from(&log_in.sid);
    event.ip = caller.ip;
    audit::store::insert(&state.db.pool, &event, log_in.created_at).await?;
    // The token of the session before would be refused; the next page brings one of this session.
    action::append_cookie(cookies::remove(&state.config, Name::Access));
    tracing::info!(user = user_id, sid = log_in.sid, remember, "logged in");
    make_room(state, user_id).await
}

/// Beyond the limit the session that was unused for longest gives way.
async fn make_room(state: &AppState, user_id: &str) -> Result<(), AppError> {
    let keep = state.config.sessions_per_user;
    if store::count_live(&state.db.pool, user_id, state.clock.now_ms()).await? > keep {
        let target = Target::Surplus { user_id, keep };
        expect_context::<Ender>().end(target, Ending::by_system(EndReason::GaveWay)).await?;
    }
    Ok(())
}

pub async fn log_out() -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    if let Some(someone) = guard::find() {
        let Caller { ip, .. } = caller();
        let ending =
            Ending { actor: Actor::User(someone.user.id), reason: EndReason::LoggedOut, words: String::new(), ip };
        expect_context::<Ender>().end(Target::Session(&someone.log_in.sid), ending).await?;
    }
    if let Some(session) = action::extension::<Session>() {
        BrowserSession(&session).forget().await?;
    }
    action::append_cookie(cookies::remove(&state.config, Name::Access));
    leptos_axum::redirect("/");
    Ok(())
}

fn parse(email: &str, password: String) -> Result<(Email, Password), AppError> {
    match (Email::parse(email), Password::parse_existing(password)) {
        (Ok(email), Ok(password)) => Ok((email, password)),
        (email, password) => {
            let wrong: Vec<Invalid> = [email.err(), password.err()].into_iter().flatten().collect();
            Err(AppError::Invalid(wrong))
        }
    }
}

/// The audit row names no account that does not exist, and holds no e-mail that somebody mistyped.
async fn note_failure(state: &AppState, subject: &str) -> Result<(), AppError> {
    let mut event = Event::new(Kind::LogInFailed, Actor::Unknown, subject);
    event.ip = caller().ip;
    audit::store::insert(&state.db.pool, &event, state.clock.now_ms()).await?;
    tracing::info!(user = subject, "log-in failed");
    Ok(())
}
