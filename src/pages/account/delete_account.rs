//! The story of deleting one's account. Server side.

use crate::{
    auth::{
        app::App,
        cause::Cause,
        event::{Actor, Event, Kind},
        revocations::EndReason,
        sessions::{guard::LoggedIn, store::Target},
        visit::Visit,
    },
    base::{
        caller::Caller,
        email::Email,
        error::{AppError, Invalid},
    },
    people::deletion::erase::erase,
};

/// Whoever types the address has read what stands above it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], or what is wrong with what was typed.
pub fn check_confirmation(visit: &Visit, typed: &str) -> Result<(), AppError> {
    let someone = visit.user()?;
    let right = Email::parse(typed).is_ok_and(|email| email.as_str() == someone.user.email);
    if right { Ok(()) } else { Err(Invalid::ConfirmationWrong.into()) }
}

/// Ends everything of the user, tells them, and erases who it was, in one transaction.
///
/// # Errors
/// [`AppError::LastAdministrator`], [`AppError::NotLoggedIn`] when the session has ended meanwhile; or when the database
/// does not take it, and then nothing has happened.
pub async fn delete_account(app: &App, visit: &Visit, someone: &LoggedIn) -> Result<(), AppError> {
    let mut tx = app.state.db.begin_write().await?;
    // As it is now: an administrator may have made them one meanwhile.
    let user = someone.hold(&mut tx).await?;
    let deleted = Event::new(Kind::AccountDeleted, Actor::User(user.id.clone()), &user.id);
    erase(&mut tx, &app.state, &user, &deleted, &visit.caller).await?;
    let cause = Cause::by_user(&user.id, EndReason::AccountDeleted, Caller::default());
    app.terminator.terminate_with(tx, Target::User(&user.id), cause).await?;
    Ok(())
}
