//! The story of proving again who one is: the password, then a new secret. Server side.

use leptos::prelude::expect_context;
use tower_sessions::Session;

use super::{
    guard::{self, LoggedIn, secret_cookie},
    session::{BrowserSession, LogIn},
};
use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::{AppError, Invalid},
    state::AppState,
    throttle::{self, Try, guessing, turns::turn},
    users::{credentials::Password, password::Passwords, upgrade::upgrade_hash},
    web::{
        action::{self, append_cookie, caller},
        cookies::{self, Name},
        local_path::LocalPath,
    },
};

pub async fn confirm(password: String, next: Option<String>) -> Result<(), AppError> {
    let next = LocalPath::parse_or_dashboard(next.as_deref());
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    with_password(someone, Some(password)).await?;
    leptos_axum::redirect(next.as_str());
    Ok(())
}

/// Checks the password of who is logged in, and gives the session a new secret.
///
/// # Errors
/// As [`check_password`], and [`AppError::SessionRenewed`].
pub async fn with_password(someone: LoggedIn, password: Option<String>) -> Result<LoggedIn, AppError> {
    proven(check_password(someone, password).await?).await
}

/// Checks the password of who is logged in, and writes down how that went.
///
/// # Errors
/// [`AppError::ProofNeeded`] without a password, [`AppError::Invalid`] for an empty one, [`AppError::TooManyTries`],
/// [`AppError::WrongPassword`].
pub async fn check_password(someone: LoggedIn, password: Option<String>) -> Result<LoggedIn, AppError> {
    let password = password.ok_or(AppError::ProofNeeded)?;
    if password.is_empty() {
        // Who was asked for it and left it empty is told so at the field.
        return Err(Invalid::CurrentPasswordMissing.into());
    }
    // The same counter as at log-in: whoever found an open browser guesses no faster than everybody else.
    let tried = throttle::admit_password(&someone.user.email).await?;
    let right = tried.keep_if_looked_at(verify(&someone, password).await).await?;
    if !right {
        note(&someone, Some(&tried)).await?;
        return Err(AppError::WrongPassword);
    }
    tried.succeeded().await;
    note(&someone, None).await?;
    Ok(someone)
}

async fn verify(someone: &LoggedIn, password: String) -> Result<bool, AppError> {
    let Ok(password) = Password::parse_existing(password) else { return Ok(false) };
    let passwords = expect_context::<Passwords>();
    let right = passwords.verify(password.clone(), Some(someone.user.password_hash.clone())).await?;
    if right {
        upgrade_hash(&expect_context(), &passwords, &someone.user, password).await;
    }
    Ok(right)
}

/// Notes a proof of identity and gives the session a new secret (ASVS 7.2.4). The last thing that an action does to
/// the session: what is written to it under the secret before is refused.
///
/// # Errors
/// [`AppError::SessionRenewed`] when another request of the same browser does so at this moment.
pub async fn proven(someone: LoggedIn) -> Result<LoggedIn, AppError> {
    let now_ms = expect_context::<AppState>().clock.now_ms();
    renew(someone, now_ms).await
}

/// Gives the session a new secret; `authenticated_at` is when its user last proved who they are. As [`proven`], the last
/// thing that an action does to the session.
///
/// # Errors
/// As [`proven`].
pub async fn renew(someone: LoggedIn, authenticated_at: i64) -> Result<LoggedIn, AppError> {
    let state = expect_context::<AppState>();
    let session = action::extension::<Session>().ok_or_else(AppError::internal)?;
    let log_in = LogIn { authenticated_at, ..someone.log_in };
    let secret = BrowserSession(&session).rotate(&state, &log_in).await?.ok_or(AppError::SessionRenewed)?;
    append_cookie(secret_cookie(&state, &log_in, &secret));
    // The access token names the proof before; the next page, or the SPA, gets one that names this.
    append_cookie(cookies::remove(&state.config, Name::Access));
    Ok(LoggedIn { log_in, ..someone })
}

/// As [`renew`], after an act that is done: what goes wrong now must not make it look undone. The secret then stays.
pub async fn renew_if_possible(someone: LoggedIn, authenticated_at: i64) {
    let (user, sid) = (someone.user.id.clone(), someone.log_in.sid.clone());
    match renew(someone, authenticated_at).await {
        // Another request of this browser was quicker, or the password was given with this one: it is a new one already.
        Ok(_) | Err(AppError::SessionRenewed) => {}
        Err(error) => tracing::warn!(user, sid, ?error, "a session keeps its secret although it should have a new one"),
    }
}

/// Writes a proof of identity down, or a try that failed.
async fn note(someone: &LoggedIn, failed: Option<&Try>) -> Result<(), AppError> {
    let (state, caller) = (expect_context::<AppState>(), caller());
    let kind = if failed.is_some() { Kind::ReauthenticationFailed } else { Kind::Reauthenticated };
    let mut event = Event::new(kind, Actor::User(someone.user.id.clone()), &someone.user.id).from_caller(&caller);
    event.sid.clone_from(&someone.log_in.sid);
    let _turn = turn().await?;
    let mut tx = state.db.begin_write().await?;
    audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
    if let Some(tried) = failed {
        guessing::note(&mut tx, &state, tried, Some(&someone.user), &caller).await?;
    }
    tx.commit().await?;
    tracing::info!(user = someone.user.id, what = kind.into_str(), "proof of identity");
    Ok(())
}
