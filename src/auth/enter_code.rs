//! The story of the second half of a login: the code. Server side.

use serde_json::json;

use super::{
    app::App,
    event,
    event::{Actor, Event, Kind},
    known_devices::Device,
    log_in::{BY_APP_CODE, BY_RECOVERY_CODE, Proof, Started, start_session_with},
    outbox,
    outbox::Notification,
    second_factor::{check, check::Passed, code::Code, trust},
    sessions::half_log_in::HalfLogIn,
    throttle::{Try, guessing},
    users::{store, store::User},
    visit::Visit,
};
use crate::base::{
    caller::Caller,
    db::{Tx, again},
    error::AppError,
};

/// What the browser brings and the page says.
pub struct Given<'a> {
    /// The half login, sealed.
    pub sealed: Option<&'a str>,
    /// The id of the half login that the page is about.
    pub half: Option<&'a str>,
    pub code: &'a str,
    /// The page asked for a recovery code.
    pub recovery: bool,
    /// Whether the browser is to be trusted.
    pub trust: bool,
}

/// Starts the session, and returns where to go on to.
///
/// # Errors
/// [`AppError::LogInAgain`] without a half login that counts, [`AppError::OtherLogIn`] when the page is about another one,
/// [`AppError::Invalid`], [`AppError::TooManyTries`], [`AppError::WrongCode`], [`AppError::WrongRecoveryCode`].
pub async fn enter_code(app: &App, visit: &Visit, given: Given<'_>) -> Result<(Started, String), AppError> {
    let half = given.sealed.and_then(|sealed| HalfLogIn::open(&app.secret, sealed, app.now_ms()));
    let half = half.ok_or(AppError::LogInAgain)?;
    let user = half.user(&app.state, &app.secret).await?;
    // The cookie is that of the login begun last, perhaps in another tab, of someone else.
    if given.half != Some(&*half.id) {
        return Err(AppError::OtherLogIn);
    }
    let code = Code::parse_either(given.code, given.recovery)?;
    // Counted before it is looked at, so that a hundred at once are as many as a hundred in a row.
    let tried = app.throttle.admit_code(&visit.caller.ip, visit.device.as_ref(), &user.id).await?;
    let started = again(|| take_and_start(app, visit, &half, &user, &code, &tried)).await;
    let Some(started) = tried.keep_if_looked_at(started).await? else {
        again(|| note_failure(app, visit, &tried, &user)).await?;
        return Err(code.wrong());
    };
    if given.trust && app.state.config.trusted_device_days > 0 {
        trust_if_possible(app, visit, &user, &started.device).await;
    }
    Ok((started, half.next))
}

/// Uses up the code, and with it the half login, and starts the session, in one transaction: a login that fails costs
/// no code. `None` when the code is not right.
async fn take_and_start(
    app: &App,
    visit: &Visit,
    half: &HalfLogIn,
    user: &User,
    code: &Code,
    tried: &Try,
) -> Result<Option<Started>, AppError> {
    let mut tx = app.state.db.begin_write().await?;
    // The user's row first, as everywhere.
    store::lock(&mut *tx, &user.id).await?;
    let amr = match check::take(&mut tx, &app.secret, &user.id, code, app.now_ms()).await? {
        None => return Ok(None),
        Some(Passed::App) => BY_APP_CODE,
        Some(Passed::Recovery { left }) => {
            tell(&mut tx, app, visit, user, left).await?;
            BY_RECOVERY_CODE
        }
    };
    half.use_up(&mut tx).await?;
    let proof = Proof { user, tried: Some(tried), remember: half.remember, has_factor: true, amr };
    start_session_with(tx, app, visit, &proof).await.map(Some)
}

/// Either the phone is gone, or someone else has found the list.
async fn tell(tx: &mut Tx, app: &App, visit: &Visit, user: &User, left: i64) -> Result<(), AppError> {
    let mut event = event(Kind::RecoveryCodeUsed, Actor::User(user.id.clone()), user, &visit.caller);
    event.details = json!({ "left": left });
    event::store::insert(&mut **tx, &event, app.now_ms()).await?;
    outbox::tell(&mut **tx, &app.state, user, Notification::RecoveryCodeUsed, &visit.caller).await
}

/// The password was right, so this is worth an event.
async fn note_failure(app: &App, visit: &Visit, tried: &Try, user: &User) -> Result<(), AppError> {
    let event = event(Kind::SecondFactorFailed, Actor::Unknown, user, &visit.caller);
    let mut tx = app.state.db.begin_write().await?;
    event::store::insert(&mut *tx, &event, app.now_ms()).await?;
    guessing::note(&mut tx, &app.state, tried, Some(user), &visit.caller).await?;
    tx.commit().await?;
    tracing::info!(user = user.id, "wrong code");
    Ok(())
}

/// If it fails, the user is logged in all the same. The next login asks for a code again.
async fn trust_if_possible(app: &App, visit: &Visit, user: &User, device: &Device) {
    if let Err(error) = again(|| trust_device(app, visit, user, device)).await {
        tracing::warn!(user = user.id, ?error, "a device is not trusted although it should be");
    }
}

async fn trust_device(app: &App, visit: &Visit, user: &User, device: &Device) -> Result<(), AppError> {
    let event = event(Kind::DeviceTrusted, Actor::User(user.id.clone()), user, &visit.caller);
    let mut tx = app.state.db.begin_write().await?;
    trust::trust(&mut tx, &app.state, &user.id, &device.hash()).await?;
    event::store::insert(&mut *tx, &event, app.now_ms()).await?;
    Ok(tx.commit().await?)
}

fn event(kind: Kind, actor: Actor, user: &User, caller: &Caller) -> Event {
    Event::new(kind, actor, &user.id).from_caller(caller)
}
