//! The story of a second factor that is lost with the phone and the recovery codes. Server side.

use serde_json::Value;

use super::{
    by::{By, who_did},
    outcome::Outcome,
};
use crate::{
    auth::{
        event::Kind,
        outbox,
        outbox::Notification,
        revocations::EndReason,
        second_factor::removal,
        sessions::{store::Target, terminate::Terminator},
    },
    base::{caller::Caller, error::AppError},
};

/// From now on login asks the user for the password only. Every session ends, as the others do when people turn it off
/// themselves: they got in by other rules (ASVS 7.4.3). So do halves of logins, and the trust in devices.
///
/// # Errors
/// As [`By::hold`].
pub async fn remove(terminator: &Terminator, by: &By, user_id: &str) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let mut tx = state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    if !removal::remove(&mut tx, user_id).await? {
        let before = who_did(&mut tx, user_id, [Kind::SecondFactorRemoved, Kind::SecondFactorOff]).await?;
        let words = format!("Two-factor authentication is already off for {}.", user.name);
        return Ok(Outcome::already(&words, before, state.clock.now_ms()));
    }
    by.write_down(&mut tx, state, Kind::SecondFactorRemoved, user_id, Value::Null).await?;
    outbox::tell(&mut *tx, state, &user, Notification::SecondFactorRemoved, &Caller::default()).await?;
    let cause = by.cause(EndReason::SecondFactorRemoved);
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    let words = format!("Two-factor authentication removed. {} can log in with just a password.", user.name);
    Ok(Outcome::done(words).with_receipt(receipt))
}
