//! The stories of logging in and out. Server side.

use leptos::prelude::expect_context;
use tower_sessions::Session;

use super::{
    end::{Ender, Ending, Target},
    guard,
    session::BrowserSession,
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

pub async fn log_in(email: String, password: String, next: Option<String>) -> Result<(), AppError> {
    let next = LocalPath::parse_or_dashboard(next.as_deref());
    let (email, password) = parse(&email, password)?;
    let state = expect_context::<AppState>();
    let passwords = expect_context::<Passwords>();

    let user = user_store::find_by_email(&state.db.pool, &email).await?;
    let (id, stored) = user.as_ref().map(|user| (user.id.clone(), user.password_hash.clone())).unzip();
    let matches = passwords.verify(password, stored).await?;
    let id = id.unwrap_or_default();
    if !matches || user.is_none_or(|user| user.disabled_at.is_some()) {
        note_failure(&state, &id).await?;
        return Err(AppError::WrongCredentials);
    }
    start_session(&state, &id).await?;
    leptos_axum::redirect(next.as_str());
    Ok(())
}

/// Starts a session for a user who has just proven who they are, in place of the one before.
pub async fn start_session(state: &AppState, user_id: &str) -> Result<(), AppError> {
    let session = action::extension::<Session>().ok_or_else(AppError::internal)?;
    let caller = caller();
    if let Some(before) = guard::find() {
        let ending = Ending {
            actor: Actor::User(before.user.id.clone()),
            reason: EndReason::Replaced,
            words: String::new(),
            ip: caller.ip.clone(),
        };
        expect_context::<Ender>().end(Target::Session(&before.log_in.sid), ending).await?;
    }
    let log_in = BrowserSession(&session).start(state, user_id, &caller).await?;
    let mut event = Event::new(Kind::LoggedIn, Actor::User(user_id.to_owned()), user_id);
    event.sid.clone_from(&log_in.sid);
    event.ip = caller.ip;
    audit::store::insert(&state.db.pool, &event, log_in.created_at).await?;
    // The token of the session before would be refused; the next page brings one of this session.
    action::append_cookie(cookies::remove(&state.config, Name::Access));
    tracing::info!(user = user_id, sid = log_in.sid, "logged in");
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
