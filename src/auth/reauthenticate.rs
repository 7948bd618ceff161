//! The story of proving again who one is: the password, then a new secret. Server side.

use super::{
    app::App,
    event,
    event::{Event, Kind},
    password,
    password::Claim,
    sessions::{guard::LoggedIn, secret, secret::NewSecret, session::LogIn},
    throttle::Try,
    users,
    visit::Visit,
};
use crate::{
    base::{
        db::again,
        error::{AppError, Invalid},
    },
    passwords::typed::Password,
};

/// A user with a fresh proof of identity.
pub struct Proven {
    pub someone: LoggedIn,
    /// For the browser, where the proof was given just now. Whatever becomes of the act: the secret before is replaced.
    pub new_secret: Option<NewSecret>,
}

/// The user of the visit, with a fresh proof, or one given with this password.
pub async fn require_fresh(app: &App, visit: &Visit, password: Option<String>) -> Result<Proven, AppError> {
    let someone = visit.user()?;
    // A typed password is always checked, even where none is needed: a wrong one is never passed over.
    let is_typed = password.as_ref().is_some_and(|password| !password.is_empty());
    if !is_typed && someone.is_fresh(&app.state) {
        return Ok(Proven { someone: someone.clone(), new_secret: None });
    }
    with_password(app, visit, password).await
}

/// Checks the user's password, and gives the session a new secret (ASVS 7.2.4).
///
/// # Errors
/// As [`check_password`]; [`AppError::SessionRenewed`] when another request of the same browser gives it one at this moment.
pub async fn with_password(app: &App, visit: &Visit, password: Option<String>) -> Result<Proven, AppError> {
    let someone = check_password(app, visit, password).await?;
    renew(app, someone, app.now_ms()).await
}

/// Checks the user's password and writes down how that went. Returns the user as stored now.
///
/// # Errors
/// [`AppError::NotLoggedIn`]; [`AppError::ProofNeeded`] without a password, [`AppError::Invalid`] for an empty one,
/// [`AppError::TooManyTries`], [`AppError::WrongPassword`].
pub async fn check_password(app: &App, visit: &Visit, password: Option<String>) -> Result<LoggedIn, AppError> {
    let someone = visit.user()?;
    let password = password.ok_or(AppError::ProofNeeded)?;
    if password.is_empty() {
        // Left empty where it was asked for: said at the field.
        return Err(Invalid::CurrentPasswordMissing.into());
    }
    // The same counter as at login: whoever found an open browser guesses no faster than everyone else.
    let claim = Claim {
        email: &someone.user.email,
        password: Password::parse_existing(password).ok(),
        may: |_| true,
        failed: someone.event(Kind::ReauthenticationFailed, &visit.caller),
    };
    let found = async { Ok(users::store::find_by_id(&app.state.db.pool, &someone.user.id).await?) };
    let (user, tried) = password::prove(app, visit, claim, found).await?.ok_or(AppError::WrongPassword)?;
    let noted = again(|| note_proof(app, &tried, someone.event(Kind::Reauthenticated, &visit.caller))).await;
    tried.keep_if_looked_at(noted).await?;
    tracing::info!(user = user.id, "confirmed their password");
    Ok(LoggedIn { user: user.into(), ..someone.clone() })
}

async fn note_proof(app: &App, tried: &Try, event: Event) -> Result<(), AppError> {
    let _turn = app.throttle.turn().await?;
    let mut tx = app.state.db.begin_write().await?;
    event::store::insert(&mut *tx, &event, app.now_ms()).await?;
    tried.succeeded_with(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Gives the session a new secret; `authenticated_at` is when its user last proved who they are. The last thing that an act
/// does to the session: what is written to it under the secret before is refused.
///
/// # Errors
/// [`AppError::SessionRenewed`] when another request of the same browser does so at this moment.
pub async fn renew(app: &App, someone: LoggedIn, authenticated_at: i64) -> Result<Proven, AppError> {
    let log_in = LogIn { authenticated_at, ..(*someone.log_in).clone() };
    let new = again(|| secret::rotate(&app.terminator, &someone.secret_hash, log_in.clone())).await?;
    let new = new.ok_or(AppError::SessionRenewed)?;
    let someone = LoggedIn { log_in: new.log_in.clone().into(), secret_hash: new.hash().into(), ..someone };
    Ok(Proven { someone, new_secret: Some(new) })
}

/// As [`renew`], after an act that is done: what goes wrong now must not make it look undone. The secret then stays.
pub async fn renew_if_possible(app: &App, someone: LoggedIn, authenticated_at: i64) -> Option<NewSecret> {
    let (user, sid) = (someone.user.id.clone(), someone.log_in.sid.clone());
    match renew(app, someone, authenticated_at).await {
        Ok(proven) => proven.new_secret,
        // Another request of this browser was quicker, or the password was given with this one: it is a new one already.
        Err(AppError::SessionRenewed) => None,
        Err(error) => {
            tracing::warn!(user, sid, ?error, "a session keeps its secret although it should have a new one");
            None
        }
    }
}
