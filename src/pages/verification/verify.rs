//! The story of confirming an address: the link says who reads its mail, the password who made the account. Server
//! side.

use crate::{
    auth::{
        app::App,
        event,
        event::{Actor, Event, Kind},
        links,
        links::Purpose,
        log_in::{LogInResult, go_on},
        password,
        password::Claim,
        sessions::guard::LoggedIn,
        throttle::Try,
        users::{store, store::User},
        visit::Visit,
    },
    base::{
        db::again,
        error::{AppError, Invalid},
        state::AppState,
    },
    passwords::typed::Password,
};

/// What a confirmed address leads to.
pub enum Verified {
    LoggedIn(LogInResult),
    /// They are logged in already.
    Already,
    /// They have to do it on the login page.
    NotLoggedIn,
}

/// The click alone is not enough: someone may have signed up with a stranger's address and chosen the password, and
/// would own an account that the stranger has confirmed.
///
/// # Errors
/// [`AppError::LinkDead`], [`AppError::TooManyTries`]; [`AppError::Invalid`] without a password, [`AppError::WrongPassword`].
pub async fn verify(app: &App, visit: &Visit, token: &str, password: Option<String>) -> Result<Verified, AppError> {
    let tried = app.throttle.admit_link(&visit.caller.ip).await?;
    let user = tried.keep_if_dead(waiting(&app.state, token).await).await?;
    if is_logged_in(&user, visit.someone.as_ref()) {
        again(|| confirm(app, visit, &user, token)).await?;
        return Ok(Verified::Already);
    }
    let (user, tried) = check_password(app, visit, user, password.unwrap_or_default()).await?;
    tried.keep_if_looked_at(again(|| confirm(app, visit, &user, token)).await).await?;
    // The address is confirmed by now: who cannot be logged in at this moment does it on the login page.
    match go_on(app, visit, &user, tried, false, "/dashboard").await {
        Ok(result) => Ok(Verified::LoggedIn(result)),
        Err(error) => {
            tracing::warn!(user = user.id, ?error, "an address is confirmed, and its owner has to log in");
            Ok(Verified::NotLoggedIn)
        }
    }
}

/// The user whom this link is of, while the address is theirs and not confirmed yet. With a confirmed one the link
/// opens nothing, so it is no way around the second factor. Uses nothing up.
pub async fn waiting(state: &AppState, token: &str) -> Result<User, AppError> {
    let link = links::find(&state.db.pool, Purpose::Verify, token, state.clock.now_ms()).await?;
    let user = store::find_by_id(&state.db.pool, &link.user_id).await?;
    let waits = |user: &User| user.email == link.email && user.verified_at.is_none() && user.disabled_at.is_none();
    user.filter(waits).ok_or(AppError::LinkDead)
}

pub fn is_logged_in(user: &User, someone: Option<&LoggedIn>) -> bool {
    someone.is_some_and(|someone| someone.user.id == user.id)
}

async fn check_password(app: &App, visit: &Visit, user: User, password: String) -> Result<(User, Try), AppError> {
    let password = match Password::parse_existing(password) {
        Err(Invalid::PasswordMissing) => return Err(Invalid::CurrentPasswordMissing.into()),
        password => password.ok(),
    };
    let failed = Event::new(Kind::LogInFailed, Actor::Unknown, &user.id).from_caller(&visit.caller);
    let email = user.email.clone();
    let claim = Claim { email: &email, password, may: |_| true, failed };
    password::prove(app, visit, claim, async { Ok(Some(user)) }).await?.ok_or(AppError::WrongPassword)
}

async fn confirm(app: &App, visit: &Visit, user: &User, token: &str) -> Result<(), AppError> {
    let now_ms = app.now_ms();
    let mut tx = app.state.db.begin_write().await?;
    // The user's row first, as everywhere.
    store::lock(&mut *tx, &user.id).await?;
    links::use_up(&mut tx, Purpose::Verify, token, now_ms).await?;
    store::set_verified(&mut *tx, &user.id, &user.email, now_ms).await?;
    links::store::kill(&mut *tx, &user.id, Purpose::Verify, now_ms).await?;
    let event = Event::new(Kind::EmailVerified, Actor::User(user.id.clone()), &user.id).from_caller(&visit.caller);
    event::store::insert(&mut *tx, &event, now_ms).await?;
    app.terminator.revocations.commit_change(tx, &user.id).await?;
    tracing::info!(user = user.id, "an address is confirmed");
    Ok(())
}
