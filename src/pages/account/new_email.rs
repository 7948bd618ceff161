//! The stories of another address: a link to the new one, then the change. Server side.

use super::store as account_store;
use crate::{
    auth::{
        app::App,
        event,
        event::Kind,
        links,
        links::Purpose,
        outbox,
        outbox::{Mail, Notification, To},
        sessions::guard::LoggedIn,
        throttle::Way,
        users::store,
        visit::Visit,
    },
    base::{
        config::Mailing,
        db::again,
        email::Email,
        error::{AppError, Invalid},
        state::AppState,
    },
};

/// What is wrong with an address that someone wants, before a proof is asked for.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::MailOff`], [`AppError::Invalid`].
pub fn check(app: &App, visit: &Visit, email: &str) -> Result<Email, AppError> {
    let someone = visit.user()?;
    if app.state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let email = Email::parse(email)?;
    if email.as_str() == someone.user.email {
        return Err(Invalid::EmailUnchanged.into());
    }
    app.mailer.check(&email)?;
    Ok(email)
}

/// Sends the link. Whether another account has the address is found out when the mail is written (ASVS 6.3.8).
///
/// # Errors
/// [`AppError::TooManyTries`]; [`AppError::NotLoggedIn`] when the session has ended meanwhile.
pub async fn ask(app: &App, visit: &Visit, someone: &LoggedIn, email: &Email) -> Result<(), AppError> {
    let _counted = app.throttle.admit(Way::Mail, &visit.caller.ip).await?;
    again(|| write_down(app, visit, someone, email)).await
}

async fn write_down(app: &App, visit: &Visit, someone: &LoggedIn, email: &Email) -> Result<(), AppError> {
    let (state, user_id, now_ms) = (&app.state, &someone.user.id, app.now_ms());
    let event = someone.event(Kind::NewEmailAsked, &visit.caller);
    let mut tx = state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    event::store::insert(&mut *tx, &event, now_ms).await?;
    account_store::remember_email_change(&mut *tx, user_id, email.as_str(), now_ms).await?;
    // One that was mistyped is tried for a day, and each try would make the link to this one useless.
    outbox::store::call_off(&mut *tx, user_id, &Mail::NewEmail, now_ms).await?;
    outbox::queue(&mut *tx, state, To { email: email.as_str(), user_id }, &Mail::NewEmail).await?;
    Ok(tx.commit().await?)
}

/// Sends the link once more, to the address that was given with a fresh proof.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::MailOff`], [`AppError::TooManyTries`]; [`AppError::NotFound`] when nothing
/// waits any more.
pub async fn resend(app: &App, visit: &Visit) -> Result<(), AppError> {
    let (someone, now_ms) = (visit.user()?, app.now_ms());
    let change = account_store::find_email_change(&app.state.db.pool, &someone.user.id, now_ms).await?;
    let email = check(app, visit, &change.ok_or(AppError::NotFound)?.email)?;
    ask(app, visit, someone, &email).await
}

/// Needs no fresh proof: everything stays as it is.
pub async fn cancel(app: &App, visit: &Visit) -> Result<(), AppError> {
    let someone = visit.user()?;
    let mut tx = app.state.db.begin_write().await?;
    someone.hold(&mut tx).await?;
    links::call_off_email_change(&mut tx, &someone.user.id, app.now_ms()).await?;
    Ok(tx.commit().await?)
}

/// Two things are needed: the mailbox, and to be logged in to the account that asked. The link alone would let anybody
/// put a stranger's address on an account of their own: one click of the stranger's would confirm it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::LinkDead`], [`AppError::TooManyTries`], [`AppError::EmailTaken`].
pub async fn use_it(app: &App, visit: &Visit, token: &str) -> Result<(), AppError> {
    let someone = visit.user()?;
    let tried = app.throttle.admit_link(&visit.caller.ip).await?;
    tried.keep_if_dead(own_link(&app.state, someone, token).await).await?;
    again(|| change(app, visit, someone, token)).await
}

/// The link is a guess, too, where someone else has asked for it.
async fn own_link(state: &AppState, someone: &LoggedIn, token: &str) -> Result<(), AppError> {
    let link = links::find(&state.db.pool, Purpose::NewEmail, token, state.clock.now_ms()).await?;
    if link.user_id == someone.user.id { Ok(()) } else { Err(AppError::LinkDead) }
}

async fn change(app: &App, visit: &Visit, someone: &LoggedIn, token: &str) -> Result<(), AppError> {
    let (now_ms, caller) = (app.now_ms(), &visit.caller);
    let mut tx = app.state.db.begin_write().await?;
    // The user's row first, as everywhere, or two acts on one account would wait for each other.
    let before = someone.hold(&mut tx).await?;
    let link = links::use_up(&mut tx, Purpose::NewEmail, token, now_ms).await?;
    if link.user_id != someone.user.id {
        return Err(AppError::LinkDead);
    }
    if !store::set_email(&mut tx, &before, &link.email, now_ms).await? {
        return Err(AppError::EmailTaken);
    }
    links::kill_all(&mut tx, &before.id, now_ms).await?;
    event::store::insert(&mut *tx, &someone.event(Kind::EmailChanged, caller), now_ms).await?;
    // To the address before, where the owner reads it if this was someone else.
    outbox::tell(&mut *tx, &app.state, &before, Notification::EmailChanged, caller).await?;
    app.terminator.revocations.commit_change(tx, &before.id).await?;
    tracing::info!(user = before.id, "an address was changed");
    Ok(())
}
