//! The story of a new password. Server side.

use crate::{
    auth::{
        app::App,
        cause::Cause,
        event,
        event::Kind,
        links,
        links::Purpose,
        outbox,
        outbox::Notification,
        reauthenticate,
        revocations::EndReason,
        second_factor::store as factor_store,
        sessions::{Receipt, guard::LoggedIn, secret::NewSecret, store::Target},
        users::store,
        visit::Visit,
    },
    base::{
        db::again,
        error::{AppError, Invalid},
    },
    passwords::strength::About,
};

/// Ends every other session, and gives this one a new secret, where that is possible.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::Invalid`] for what is missing or the new one; those of
/// [`reauthenticate::check_password`].
pub async fn change_password(
    app: &App,
    visit: &Visit,
    current: Option<String>,
    new: String,
) -> Result<(Receipt, Option<NewSecret>), AppError> {
    let LoggedIn { user, .. } = visit.user()?;
    if current.as_ref().is_none_or(String::is_empty) {
        return Err(Invalid::CurrentPasswordMissing.into());
    }
    let is_same = current.as_ref() == Some(&new);
    // Asked for however fresh the login is: who finds an open browser must not be able to take the account. Before the new
    // one is looked at: only the owner is told anything about it.
    let someone = reauthenticate::check_password(app, visit, current).await?;
    if is_same {
        return Err(Invalid::PasswordUnchanged.into());
    }
    let about = About { email: &user.email, name: &user.name };
    let new = app.passwords.parse_new(&visit.caller, new, &about).await?;
    let hash = app.passwords.hash(&visit.caller, new).await?;
    let receipt = again(|| store_and_end_others(app, visit, &someone, &hash)).await?;
    let new_secret = reauthenticate::renew_if_possible(app, someone, app.now_ms()).await;
    Ok((receipt, new_secret))
}

async fn store_and_end_others(app: &App, visit: &Visit, someone: &LoggedIn, hash: &str) -> Result<Receipt, AppError> {
    let (caller, now_ms) = (&visit.caller, app.now_ms());
    let mut tx = app.state.db.begin_write().await?;
    let user = &someone.hold(&mut tx).await?;
    store::set_password(&mut *tx, &user.id, hash).await?;
    // Someone else may have asked for them, which may be why the password is changed.
    links::store::kill(&mut *tx, &user.id, Purpose::Reset, now_ms).await?;
    links::call_off_email_change(&mut tx, &user.id, now_ms).await?;
    factor_store::forget_all(&mut *tx, &user.id).await?;
    event::store::insert(&mut *tx, &someone.event(Kind::PasswordChanged, caller), now_ms).await?;
    outbox::tell(&mut *tx, &app.state, user, Notification::PasswordChanged, caller).await?;
    let cause = Cause::by_user(&user.id, EndReason::PasswordChanged, caller.clone());
    app.terminator.terminate_with(tx, Target::Others { user_id: &user.id, keep: &someone.log_in.sid }, cause).await
}
