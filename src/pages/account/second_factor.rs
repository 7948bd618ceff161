//! The stories of one's second factor: set up, turned on, new recovery codes, turned off. Server side.

use super::codes;
use crate::{
    auth::{
        app::App,
        cause::Cause,
        event,
        event::Kind,
        outbox,
        outbox::Notification,
        reauthenticate,
        revocations::EndReason,
        second_factor::{
            authenticator::Authenticator, check, code::Code, recovery, recovery::RecoveryCode, removal, store,
            store::FactorRow,
        },
        sessions::{Receipt, guard::LoggedIn, secret::NewSecret, store::Target},
        users::store::User,
        visit::Visit,
    },
    base::{
        config::Mailing,
        db::{Tx, again},
        error::{AppError, Invalid},
        state::AppState,
    },
};

/// What an act on the second factor leads to; there is none where it was so already, perhaps by another tab.
pub struct Changed {
    pub receipt: Receipt,
    /// New recovery codes, sealed for the page that shows them.
    pub codes: Option<String>,
    /// A copy of this session's cookie must not outlive the change either (ASVS 7.2.4).
    pub new_secret: Option<NewSecret>,
}

/// Makes a secret that counts for nothing until a code of it has been entered; `false` when the second factor is on.
///
/// # Errors
/// [`AppError::NotVerified`].
pub async fn start(app: &App, someone: &LoggedIn) -> Result<bool, AppError> {
    let (state, user) = (&app.state, &someone.user);
    require_confirmed_email(state, user)?;
    // One that is gone by the clock may have its row still, which would hold the place.
    removal::clear(state, &user.id).await?;
    let sealed = Authenticator::generate()?.seal(&app.secret, &user.id)?;
    Ok(again(|| store::begin(&state.db.pool, &user.id, &sealed, app.now_ms())).await?)
}

/// Whether a set-up waits for its first code.
pub async fn is_begun(app: &App, someone: &LoggedIn) -> Result<bool, AppError> {
    let row = store::find(&app.state.db.pool, &someone.user.id).await?;
    Ok(row.is_some_and(|row| row.confirmed_at.is_none()))
}

/// The code proves that the app has the secret: no one locks themselves out.
///
/// # Errors
/// [`AppError::NotVerified`], [`AppError::Invalid`], [`AppError::WrongCode`].
pub async fn turn_on(app: &App, visit: &Visit, someone: LoggedIn, code: &str) -> Result<Option<Changed>, AppError> {
    let (App { state, secret: key, .. }, user) = (app, &someone.user);
    require_confirmed_email(state, user)?;
    let Code::App(digits) = Code::parse(code)? else { return Err(Invalid::CodeMalformed.into()) };
    let begun = store::find(&state.db.pool, &user.id).await?.filter(|row| row.confirmed_at.is_none());
    let Some(FactorRow { secret_sealed: sealed, .. }) = begun else { return Ok(None) };
    let authenticator = Authenticator::open(key, &user.id, &sealed)?;
    let step = authenticator.step_of(&digits, app.now_ms()).ok_or(AppError::WrongCode)?;
    let Some((made, receipt)) = again(|| confirm(app, visit, &someone, &sealed, step)).await? else {
        return Ok(None);
    };
    let codes = Some(codes::seal(state, key, &someone.log_in.sid, &made)?);
    Ok(Some(Changed { receipt, codes, new_secret: renew(app, someone).await }))
}

/// The recovery codes, and what has ended; `None` where the set-up is another one by now.
async fn confirm(
    app: &App,
    visit: &Visit,
    someone: &LoggedIn,
    sealed: &str,
    step: i64,
) -> Result<Option<(Vec<RecoveryCode>, Receipt)>, AppError> {
    let (user_id, now_ms) = (&someone.user.id, app.now_ms());
    let mut tx = app.state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    if !store::confirm(&mut *tx, user_id, sealed, step, now_ms).await? {
        return Ok(None);
    }
    let made = recovery::replace(&mut tx, &app.secret, user_id, now_ms).await?;
    store::forget_all(&mut *tx, user_id).await?;
    write_down(&mut tx, &app.state, visit, someone, Kind::SecondFactorOn).await?;
    Ok(Some((made, end_others(tx, app, visit, someone).await?)))
}

/// New recovery codes in place of those before.
pub async fn make_codes(app: &App, visit: &Visit, someone: &LoggedIn) -> Result<Option<Changed>, AppError> {
    let App { state, secret: key, .. } = app;
    if !check::is_on(state, &someone.user.id).await? {
        return Ok(None);
    }
    let mut tx = state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    let made = recovery::replace(&mut tx, key, &someone.user.id, app.now_ms()).await?;
    write_down(&mut tx, state, visit, someone, Kind::RecoveryCodesMade).await?;
    tx.commit().await?;
    let codes = Some(codes::seal(state, key, &someone.log_in.sid, &made)?);
    Ok(Some(Changed { receipt: Receipt::default(), codes, new_secret: None }))
}

pub async fn turn_off(app: &App, visit: &Visit, someone: LoggedIn) -> Result<Option<Changed>, AppError> {
    let Some(receipt) = again(|| remove(app, visit, &someone)).await? else { return Ok(None) };
    Ok(Some(Changed { receipt, codes: None, new_secret: renew(app, someone).await }))
}

async fn remove(app: &App, visit: &Visit, someone: &LoggedIn) -> Result<Option<Receipt>, AppError> {
    let mut tx = app.state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    if !removal::remove(&mut tx, &someone.user.id).await? {
        return Ok(None);
    }
    write_down(&mut tx, &app.state, visit, someone, Kind::SecondFactorOff).await?;
    end_others(tx, app, visit, someone).await.map(Some)
}

/// Needs no fresh proof: it takes away a convenience and no right. `false` when it was forgotten already.
pub async fn forget_device(app: &App, visit: &Visit, id: &str) -> Result<bool, AppError> {
    let someone = visit.user()?;
    let mut tx = app.state.db.begin_write().await?;
    if !store::forget(&mut *tx, &someone.user.id, id).await? {
        return Ok(false);
    }
    event::store::insert(&mut *tx, &someone.event(Kind::DeviceForgotten, &visit.caller), app.now_ms()).await?;
    tx.commit().await?;
    Ok(true)
}

/// A mistyped address would otherwise be found out when the phone is gone and nothing is left to get in with. Where there
/// is no mail nothing can be confirmed, and nothing is lost by it.
fn require_confirmed_email(state: &AppState, user: &User) -> Result<(), AppError> {
    if may_set_up(state, user) { Ok(()) } else { Err(AppError::NotVerified) }
}

/// Whether this user may have a second factor.
pub fn may_set_up(state: &AppState, user: &User) -> bool {
    user.verified_at.is_some() || state.config.mailing() == Mailing::Off
}

/// What happened, in the transaction in which it does: for the audit log, and for the owner by mail.
async fn write_down(
    tx: &mut Tx,
    state: &AppState,
    visit: &Visit,
    someone: &LoggedIn,
    kind: Kind,
) -> Result<(), AppError> {
    let news = match kind {
        Kind::SecondFactorOn => Notification::SecondFactorOn,
        Kind::SecondFactorOff => Notification::SecondFactorOff,
        _ => Notification::RecoveryCodesMade,
    };
    event::store::insert(&mut **tx, &someone.event(kind, &visit.caller), state.clock.now_ms()).await?;
    tracing::info!(user = someone.user.id, what = kind.into_str(), "two-factor authentication changed");
    outbox::tell(&mut **tx, state, &someone.user, news, &visit.caller).await
}

/// Whoever else is logged in got in by other rules, so they log in again (ASVS 7.4.3). Commits.
async fn end_others(tx: Tx, app: &App, visit: &Visit, someone: &LoggedIn) -> Result<Receipt, AppError> {
    let LoggedIn { user, log_in, .. } = someone;
    let cause = Cause::by_user(&user.id, EndReason::SecondFactorChanged, visit.caller.clone());
    app.terminator.terminate_with(tx, Target::Others { user_id: &user.id, keep: &log_in.sid }, cause).await
}

async fn renew(app: &App, someone: LoggedIn) -> Option<NewSecret> {
    let proof_ms = someone.log_in.authenticated_at;
    reauthenticate::renew_if_possible(app, someone, proof_ms).await
}
