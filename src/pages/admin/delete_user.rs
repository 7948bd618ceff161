//! The story of an account that an administrator deletes. Server side.

use serde_json::Value;

use super::{by::By, outcome::Outcome};
use crate::{
    auth::{
        cause::Cause,
        event::Kind,
        revocations::EndReason,
        sessions::{store::Target, terminate::Terminator},
        users::store::User,
    },
    base::{
        caller::Caller,
        email::Email,
        error::{AppError, Invalid},
    },
    people::deletion::erase::erase,
};

/// Erases the person and ends everything of theirs, as when people delete their account themselves. `confirmation` is
/// their email address.
///
/// # Errors
/// As [`By::hold`]; [`AppError::OwnAccount`], [`AppError::LastAdministrator`], [`AppError::Invalid`] for the confirmation.
pub async fn delete(terminator: &Terminator, by: &By, user_id: &str, confirmation: &str) -> Result<Outcome, AppError> {
    if by.is(user_id) {
        return Err(AppError::OwnAccount);
    }
    let mut tx = terminator.state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    if !is_address_of(&user, confirmation) {
        return Err(Invalid::ConfirmationWrong.into());
    }
    let deleted = by.event(Kind::AccountDeleted, user_id, Value::Null);
    erase(&mut tx, &terminator.state, &user, &deleted, &Caller::default()).await?;
    tracing::info!(
        what = deleted.kind.into_str(),
        user = user_id,
        actor = deleted.actor.as_text(),
        "administrator action"
    );
    let cause = Cause { caller: Caller::default(), ..by.cause(EndReason::AccountDeleted) };
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    Ok(Outcome::done(format!("{}'s account has been deleted.", user.name))
        .with_receipt(receipt)
        .shown_on("/admin/users"))
}

/// One that gave way is no address any more, and is typed as it stands there.
fn is_address_of(user: &User, typed: &str) -> bool {
    typed.trim() == user.email || Email::parse(typed).is_ok_and(|email| email.as_str() == user.email)
}
