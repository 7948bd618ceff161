//! The story of a forgotten password: the link from a mail, then the new one. Server side.

use crate::{
    auth::{
        app::App,
        cause::Cause,
        event,
        event::{Actor, Event, Kind},
        known_devices,
        known_devices::Device,
        links,
        links::{Link, Purpose},
        log_in::log_out,
        outbox,
        outbox::Notification,
        revocations::EndReason,
        sessions::store::Target,
        users::{store, store::User},
        visit::Visit,
    },
    base::{
        db::{Tx, again},
        error::{AppError, Invalid},
        state::AppState,
    },
    passwords::strength::About,
};

/// Whose mailbox the link went to. Uses nothing up.
pub async fn holder(state: &AppState, token: &str) -> Result<User, AppError> {
    let link = links::find(&state.db.pool, Purpose::Reset, token, state.clock.now_ms()).await?;
    still_theirs(store::find_by_id(&state.db.pool, &link.user_id).await?, &link)
}

/// What a reset was.
pub struct Reset {
    pub email: String,
    /// The secret by which the account knows the browser now.
    pub device: Device,
}

/// The mailbox alone is never a login (ASVS 6.3.6): the new password leads to the login page, and the second factor is
/// asked for there as always (ASVS 6.4.3).
///
/// # Errors
/// [`AppError::LinkDead`], [`AppError::TooManyTries`]; [`AppError::Invalid`] for the password, and then the link works on.
pub async fn reset(app: &App, visit: &Visit, token: &str, password: String) -> Result<Reset, AppError> {
    // Given back at the end only: who has one link must not have hashes made by the hundred with it at once.
    let tried = app.throttle.admit_link(&visit.caller.ip).await?;
    let user = holder(&app.state, token).await?;
    // Before the link is used up: who mistypes tries again with the same one.
    let about = About { email: &user.email, name: &user.name };
    let password = app.passwords.parse_new(&visit.caller, password, &about).await;
    let password = tried.keep_if_looked_at(password).await?;
    let is_current = app.passwords.is_current(&visit.caller, &password, &user.password_hash).await;
    if tried.keep_if_looked_at(is_current).await? {
        // As where it is changed: the old one may be why it is reset. It stays counted: whoever is right with a guess
        // shall not go on guessing.
        return Err(Invalid::PasswordUnchanged.into());
    }
    let hash = tried.keep_if_looked_at(app.passwords.hash(&visit.caller, password).await).await?;
    let device = again(|| use_link(app, visit, token, &hash)).await?;
    tried.succeeded().await;
    // Whoever is logged in in this browser wants to be this account from now on; a session of someone else's would
    // hide the login page.
    if let Err(error) = log_out(app, visit).await {
        // The password is set all the same, and the link used up.
        tracing::warn!(?error, "a session outlives the reset in its browser");
    }
    Ok(Reset { email: user.email, device })
}

/// One transaction: of twenty who come with the same link one sets a password, and with it everything else has ended.
async fn use_link(app: &App, visit: &Visit, token: &str, hash: &str) -> Result<Device, AppError> {
    let (state, caller, now_ms) = (&app.state, &visit.caller, app.now_ms());
    let mut tx = state.db.begin_write().await?;
    // The user's row first, as everywhere, or two acts on one account would wait for each other; and before it is read:
    // the address may be changing at this moment.
    let Link { user_id, .. } = links::find(&mut *tx, Purpose::Reset, token, now_ms).await?;
    store::lock(&mut *tx, &user_id).await?;
    let link = links::use_up(&mut tx, Purpose::Reset, token, now_ms).await?;
    let mut user = still_theirs(store::find_by_id(&mut *tx, &link.user_id).await?, &link)?;
    let device = set_password(&mut tx, visit, &user, hash, now_ms).await?;
    let event = Event::new(Kind::PasswordReset, Actor::User(user.id.clone()), &user.id).from_caller(caller);
    event::store::insert(&mut *tx, &event, now_ms).await?;
    user.verified_at = Some(now_ms);
    outbox::tell(&mut *tx, state, &user, Notification::PasswordReset, caller).await?;
    let cause = Cause::by_user(&user.id, EndReason::PasswordReset, caller.clone());
    app.terminator.terminate_with(tx, Target::User(&user.id), cause).await?;
    tracing::info!(user = user.id, "a password was reset");
    Ok(device)
}

/// Whoever reads the mail owns the address, so it is confirmed, too. Returns the browser that does the reset.
async fn set_password(tx: &mut Tx, visit: &Visit, user: &User, hash: &str, now_ms: i64) -> Result<Device, AppError> {
    store::set_password(&mut **tx, &user.id, hash).await?;
    store::set_verified(&mut **tx, &user.id, &user.email, now_ms).await?;
    // No one can tell any more which of them were the owner's; this one is, and no one's guessing shall keep it out.
    known_devices::store::delete_all(&mut **tx, &user.id).await?;
    let (_, device) = known_devices::remember(tx, &user.id, visit.device.as_ref(), &visit.caller, now_ms).await?;
    links::kill_all(tx, &user.id, now_ms).await?;
    Ok(device)
}

/// A link to an address that the account has no more opens nothing, and no link opens a disabled account.
fn still_theirs(user: Option<User>, link: &Link) -> Result<User, AppError> {
    user.filter(|user| user.email == link.email && user.disabled_at.is_none()).ok_or(AppError::LinkDead)
}
