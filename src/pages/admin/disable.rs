//! The stories of disabling an account and of enabling it again. Server side.

use serde_json::Value;

use super::{
    Act,
    by::{By, has_no_password, require_newest, who_did},
    outcome::Outcome,
    store,
};
use crate::{
    auth::{
        event::Kind,
        links, outbox,
        outbox::Notification,
        revocations::EndReason,
        second_factor::trust,
        sessions::{guard::keep_an_administrator, store::Target, terminate::Terminator},
    },
    base::{caller::Caller, error::AppError},
};

/// What decides whether an account is disabled; the newer one counts.
pub const KINDS: [Kind; 2] = [Kind::AccountDisabled, Kind::AccountEnabled];

/// Nothing of the user counts any more, on any instance: no session, no token, no link from a mail, no half of a login.
/// What belongs to the account stays. `undo`: the event that this undoes, or nothing.
///
/// # Errors
/// As [`By::hold`]; [`AppError::LastAdministrator`], [`AppError::ChangedMeanwhile`].
pub async fn disable(terminator: &Terminator, by: &By, user_id: &str, undo: &str) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    if user.disabled_at.is_some() {
        let before = who_did(&mut tx, user_id, KINDS).await?;
        return Ok(Outcome::already(&format!("{} is already disabled.", user.name), before, now_ms));
    }
    require_newest(&mut tx, user_id, KINDS, undo).await?;
    keep_an_administrator(&mut tx, &user).await?;
    store::set_disabled(&mut *tx, user_id, Some(now_ms)).await?;
    trust::forget_trust(&mut tx, user_id).await?;
    // They are refused as it is; this is for the day on which the account is enabled again.
    links::kill_all(&mut tx, user_id, now_ms).await?;
    let event = by.write_down(&mut tx, state, Kind::AccountDisabled, user_id, Value::Null).await?;
    // A login says that the password is wrong, as it does to everyone: only the mail tells the owner what it is.
    outbox::tell(&mut *tx, state, &user, Notification::AccountDisabled, &Caller::default()).await?;
    let receipt =
        terminator.terminate_everywhere_with(tx, Target::User(user_id), by.cause(EndReason::Disabled)).await?;
    Ok(Outcome::done(format!("{} is disabled.", user.name)).with_receipt(receipt).undone_by(Act::Enable, event))
}

/// The user may log in again, with the same password. What has ended stays ended. `undo` as with [`disable`].
///
/// # Errors
/// As [`By::hold`]; [`AppError::AddressGaveWay`], [`AppError::ChangedMeanwhile`].
pub async fn enable(terminator: &Terminator, by: &By, user_id: &str, undo: &str) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let mut tx = state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    if user.disabled_at.is_none() {
        let before = who_did(&mut tx, user_id, KINDS).await?;
        return Ok(Outcome::already(&format!("{} is already enabled.", user.name), before, state.clock.now_ms()));
    }
    if user.gave_way() {
        return Err(AppError::AddressGaveWay);
    }
    require_newest(&mut tx, user_id, KINDS, undo).await?;
    store::set_disabled(&mut *tx, user_id, None).await?;
    let no_password = has_no_password(&mut tx, user_id).await?;
    let event = by.write_down(&mut tx, state, Kind::AccountEnabled, user_id, Value::Null).await?;
    outbox::tell(&mut *tx, state, &user, Notification::AccountEnabled, &Caller::default()).await?;
    tx.commit().await?;
    let words = match no_password {
        true => format!("{} is enabled, but needs a new reset link to log in.", user.name),
        false => format!("{} is enabled and can log in again. Ended sessions stay ended.", user.name),
    };
    Ok(Outcome::done(words).undone_by(Act::Disable, event))
}
