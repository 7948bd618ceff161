//! The stories of logging in and out. Server side.

use super::{
    app::App,
    cause::Cause,
    event,
    event::{Actor, Event, Kind},
    known_devices,
    known_devices::Device,
    outbox,
    outbox::Notification,
    password,
    password::Claim,
    revocations::EndReason,
    second_factor::{check, store as factor_store, trust},
    sessions::{half_log_in::HalfLogIn, secret, secret::NewSecret, session::LogIn, store, store::Target},
    throttle::Try,
    users::{store as user_store, store::User},
    visit::Visit,
};
use crate::{
    base::{
        db::{Tx, again},
        email::Email,
        error::{AppError, Invalid},
    },
    passwords::typed::Password,
};

/// What the right password leads to.
pub enum LogInResult {
    Started(Box<Started>),
    /// The half login, sealed, for the browser to bring along with the code.
    CodeNeeded(String),
}

/// A session that has begun. Both secrets are for the browser.
pub struct Started {
    pub session: NewSecret,
    /// In which the account is known now.
    pub device: Device,
}

/// `next`: where to go on to afterwards, for [`HalfLogIn`].
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::TooManyTries`]; [`AppError::WrongCredentials`], with the same words and work whatever
/// was wrong.
pub async fn log_in(
    app: &App,
    visit: &Visit,
    (email, password): (&str, String),
    remember: bool,
    next: &str,
) -> Result<LogInResult, AppError> {
    let (email, password) = parse(email, password)?;
    let claim = Claim {
        email: email.as_str(),
        password: Some(password),
        may: User::may_log_in,
        failed: Event::new(Kind::LogInFailed, Actor::Unknown, "").from_caller(&visit.caller),
    };
    let user = async { Ok(user_store::find_by_email(&app.state.db.pool, &email).await?) };
    let (user, tried) = password::prove(app, visit, claim, user).await?.ok_or(AppError::WrongCredentials)?;
    go_on(app, visit, &user, tried, remember, next).await
}

/// What follows the right password: the code where there is a second factor, else the session.
pub async fn go_on(
    app: &App,
    visit: &Visit,
    user: &User,
    tried: Try,
    remember: bool,
    next: &str,
) -> Result<LogInResult, AppError> {
    let (state, device) = (&app.state, visit.device.as_ref());
    let asked = async {
        let has_factor = check::is_on(state, &user.id).await?;
        Ok((has_factor, has_factor && !trust::is_trusted(state, &user.id, device).await?))
    };
    let (has_factor, needs_code) = tried.keep_if_looked_at(asked.await).await?;
    if needs_code {
        tried.succeeded().await;
        return HalfLogIn::begin(state, &app.secret, user, remember, next).map(LogInResult::CodeNeeded);
    }
    let proof = Proof { user, tried: Some(&tried), remember, has_factor, amr: BY_PASSWORD };
    let started = again(|| async { start_session_with(state.db.begin_write().await?, app, visit, &proof).await }).await;
    Ok(LogInResult::Started(Box::new(tried.keep_if_looked_at(started).await?)))
}

/// How a session began (RFC 8176). Stored: a trusted device is no code.
pub const BY_PASSWORD: &str = "pwd";
pub const BY_APP_CODE: &str = "pwd otp mfa";
pub const BY_RECOVERY_CODE: &str = "pwd mfa";

/// Who has just proven who they are, and how.
pub struct Proof<'a> {
    /// As stored when it was checked.
    pub user: &'a User,
    /// Counts no more once the session is there.
    pub tried: Option<&'a Try>,
    /// "Remember me" was chosen.
    pub remember: bool,
    /// The account had a second factor then, which was satisfied.
    pub has_factor: bool,
    /// One of those above.
    pub amr: &'static str,
}

/// Starts a session in place of the one before, and commits what the caller has written in `tx`: all of it happens, or
/// nothing.
///
/// # Errors
/// [`AppError::LogInAgain`] when the account has changed since the proof; when the database does not take it. No one is
/// logged in then.
pub async fn start_session_with(mut tx: Tx, app: &App, visit: &Visit, proof: &Proof<'_>) -> Result<Started, AppError> {
    let Proof { user, remember, .. } = *proof;
    if !still_holds(&mut tx, proof, app.now_ms()).await? {
        return Err(AppError::LogInAgain);
    }
    let session = secret::begin(&mut tx, &app.state, user, remember, &visit.caller, proof.amr).await?;
    let device = note_log_in(&mut tx, app, visit, user, &session.log_in).await?;
    if let Some(tried) = proof.tried {
        tried.succeeded_with(&mut tx).await?;
    }
    match &visit.someone {
        Some(before) => {
            let cause = Cause::by_user(&before.user.id, EndReason::Replaced, visit.caller.clone());
            app.terminator.terminate_with(tx, Target::Session(&before.log_in.sid), cause).await?;
        }
        None => tx.commit().await?,
    }
    // From here on they are logged in, and nothing that goes wrong may say otherwise.
    tracing::info!(user = user.id, sid = session.log_in.sid, remember, "logged in");
    if let Err(error) = make_room(app, &user.id).await {
        tracing::warn!(user = user.id, ?error, "there are too many sessions until the next login");
    }
    Ok(Started { session, device })
}

/// Whether the account is as it was when the proof was checked. The row is locked until the session is there, so whatever
/// ends all of them from now on, a reset or a second factor, ends it too; what did so before is seen here.
async fn still_holds(tx: &mut Tx, proof: &Proof<'_>, now_ms: i64) -> Result<bool, AppError> {
    let checked = proof.user;
    user_store::lock(&mut **tx, &checked.id).await?;
    let Some(now) = user_store::find_by_id(&mut **tx, &checked.id).await? else { return Ok(false) };
    let factor = factor_store::find(&mut **tx, &checked.id).await?.is_some_and(|row| row.is_on(now_ms));
    Ok(now.may_log_in()
        && now.epoch == checked.epoch
        && now.password_hash == checked.password_hash
        && factor == proof.has_factor)
}

/// Ended sessions kept per user, for the login page to say why: an end for a program that logs in again and again.
const OVER_MAX: i64 = 200;

/// Writes the login down. From a browser that the account does not know it is news to the owner, unless it is the
/// first one of all.
async fn note_log_in(tx: &mut Tx, app: &App, visit: &Visit, user: &User, log_in: &LogIn) -> Result<Device, AppError> {
    let now_ms = log_in.created_at;
    let mut event = Event::new(Kind::LoggedIn, Actor::User(user.id.clone()), &user.id).from_caller(&visit.caller);
    event.sid.clone_from(&log_in.sid);
    let (is_new, device) = known_devices::remember(tx, &user.id, visit.device.as_ref(), &visit.caller, now_ms).await?;
    store::delete_over_beyond(&mut **tx, &user.id, OVER_MAX, now_ms).await?;
    // Of an account that is older than the log no one can tell: a thief must not pass for the first login.
    let is_in_log = app.state.config.log_goes_back_to(user.created_at, now_ms);
    let is_first = is_in_log && !event::store::has_happened(&mut **tx, &user.id, Kind::LoggedIn).await?;
    event::store::insert(&mut **tx, &event, now_ms).await?;
    if is_new && !is_first {
        let event = Event { kind: Kind::NewDevice, ..event };
        event::store::insert(&mut **tx, &event, now_ms).await?;
        outbox::tell(&mut **tx, &app.state, user, Notification::NewDevice, &visit.caller).await?;
    }
    Ok(device)
}

/// Beyond the limit the session that was unused for longest gives way.
async fn make_room(app: &App, user_id: &str) -> Result<(), AppError> {
    let keep = app.state.config.sessions_per_user;
    if store::count_live(&app.state.db.pool, user_id, app.now_ms()).await? > keep {
        let target = Target::Surplus { user_id, keep };
        app.terminator.terminate(target, Cause::by_system(EndReason::GaveWay)).await?;
    }
    Ok(())
}

/// Ends the session of the visit, if there is one.
///
/// # Errors
/// When the database does not take it; the session lives on then.
pub async fn log_out(app: &App, visit: &Visit) -> Result<(), AppError> {
    if let Some(someone) = &visit.someone {
        let cause = Cause::by_user(&someone.user.id, EndReason::LoggedOut, visit.caller.clone());
        app.terminator.terminate(Target::Session(&someone.log_in.sid), cause).await?;
    }
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
