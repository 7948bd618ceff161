//! The story of deleting one's account. Server side.

use leptos::prelude::expect_context;

use crate::{
    audit::event::{Actor, Event, Kind},
    deletion::erase::erase,
    error::{AppError, Invalid},
    revocations::EndReason,
    sessions::{
        end::{Ender, Ending, Target},
        guard::{self, LoggedIn},
        log_in::forget_session,
    },
    users::credentials::Email,
    web::{action::caller, caller::Caller},
};

/// Whoever types the address has read what stands above it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], or what is wrong with what was typed.
pub fn check_confirmation(typed: &str) -> Result<(), AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let right = Email::parse(typed).is_ok_and(|email| email.as_str() == someone.user.email);
    if right { Ok(()) } else { Err(Invalid::ConfirmationWrong.into()) }
}

pub async fn delete_account(someone: LoggedIn) -> Result<(), AppError> {
    let ender = expect_context::<Ender>();
    delete(&ender, &someone, &caller()).await?;
    forget_session(&ender.state.config);
    leptos_axum::redirect("/deleted");
    Ok(())
}

/// Ends everything of the user, tells them, and erases who it was, in one transaction.
///
/// # Errors
/// [`AppError::LastAdministrator`], [`AppError::NotLoggedIn`] when the session has ended meanwhile; or when the database
/// does not take it, and then nothing has happened.
async fn delete(ender: &Ender, someone: &LoggedIn, caller: &Caller) -> Result<(), AppError> {
    let mut tx = ender.state.db.begin_write().await?;
    // As it is now: an administrator may have made them one meanwhile.
    let user = someone.hold(&mut tx).await?;
    let deleted = Event::new(Kind::AccountDeleted, Actor::User(user.id.clone()), &user.id);
    erase(&mut tx, &ender.state, &user, &deleted, caller).await?;
    let ending = Ending::by_user(&user.id, EndReason::AccountDeleted, Caller::default());
    ender.end_with(tx, Target::User(&user.id), ending).await?;
    Ok(())
}
