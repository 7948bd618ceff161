//! The story of a new password that an administrator starts: a mail with a link. The administrator sees neither the link
//! nor the password (ASVS 6.4.6). Server side.

use serde_json::json;

use super::{by::By, outcome::Outcome};
use crate::{
    auth::{
        event::Kind,
        outbox,
        outbox::{Mail, To},
        revocations::EndReason,
        sessions::{guard::keep_an_administrator, store::Target, terminate::Terminator},
        users::store,
    },
    base::{config::Mailing, error::AppError},
    passwords::hash::blocked,
};

/// Has the link sent; with `end_all` everything ends at once, and the password of now opens nothing any more: it is for
/// a theft, and the thief would only log in again.
///
/// # Errors
/// As [`By::hold`]; [`AppError::MailOff`], [`AppError::AccountDisabled`]; with `end_all`
/// [`AppError::LastAdministrator`].
pub async fn start_reset(terminator: &Terminator, by: &By, user_id: &str, end_all: bool) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    if state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let mut tx = state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    if user.disabled_at.is_some() {
        return Err(AppError::AccountDisabled);
    }
    if end_all {
        // The mail may not arrive.
        keep_an_administrator(&mut tx, &user).await?;
    }
    by.write_down(&mut tx, state, Kind::ResetStarted, user_id, json!({ "ended_all": end_all })).await?;
    let to = To { email: &user.email, user_id };
    outbox::queue(&mut *tx, state, to, &Mail::ResetStarted).await?;
    let outcome = Outcome::done(format!("We've sent a reset link to {}. It works for 30 minutes.", user.email));
    if !end_all {
        tx.commit().await?;
        return Ok(outcome);
    }
    store::set_password(&mut *tx, user_id, &blocked(&user.password_hash)).await?;
    let cause = by.cause_with_words(EndReason::ByAdmin);
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    Ok(outcome.with_receipt(receipt))
}
