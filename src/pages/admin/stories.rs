//! The stories of what administrators do to an account. Each is one transaction, which begins with [`By::hold`] and refuses
//! what that refuses; whoever tells it tells it again where it collides with another. `undo`: the event that an act undoes,
//! or nothing. Server side.

use serde_json::{Value, json};

use super::{
    Act,
    by::{By, has_no_password, require_newest, who_did},
    outcome::Outcome,
    store,
};
use crate::{
    auth::{
        cause::Cause,
        event::Kind,
        links, outbox,
        outbox::{Mail, Notification, To},
        revocations::EndReason,
        second_factor::{removal, store as factor_store},
        sessions,
        sessions::{Receipt, guard::keep_an_administrator, store::Target, terminate::Terminator},
        users,
        users::Role,
    },
    base::{
        caller::Caller,
        config::Mailing,
        db::Tx,
        email::Email,
        error::{AppError, Invalid},
        state::AppState,
    },
    passwords::hash::blocked,
    people::deletion::erase::erase,
};

/// What decides whether an account is disabled; the newer one counts.
pub const OF_STATE: [Kind; 2] = [Kind::AccountDisabled, Kind::AccountEnabled];

/// What decides the role.
const OF_ROLE: [Kind; 2] = [Kind::RoleChanged, Kind::AdminCreated];

/// Ends everything of a user, or, with a `sid`, that session of theirs.
///
/// # Errors
/// [`AppError::NotFound`] when it is no session of this user, [`AppError::SessionOver`] when it is over.
pub async fn force_logout(terminator: &Terminator, by: &By, user_id: &str, sid: &str) -> Result<Receipt, AppError> {
    let state = &terminator.state;
    let (mut tx, user) = by.hold(state, user_id).await?;
    let mut target = Target::User(&user.id);
    if !sid.is_empty() {
        let row = sessions::store::find_by_sid(&mut *tx, sid).await?.filter(|row| row.log_in.user_id == user.id);
        if row.ok_or(AppError::NotFound)?.ended(state.clock.now_ms()).is_some() {
            return Err(AppError::SessionOver);
        }
        target = Target::Session(sid);
    }
    terminator.terminate_everywhere_with(tx, target, by.cause_with_words(EndReason::ByAdmin)).await
}

/// Has a link to a new password sent. The administrator sees neither the link nor the password (ASVS 6.4.6). With
/// `end_all` everything ends at once, and the password of now opens nothing any more: it is for a theft, and the thief
/// would only log in again.
///
/// # Errors
/// [`AppError::MailOff`], [`AppError::AccountDisabled`]; with `end_all` [`AppError::LastAdministrator`].
pub async fn start_reset(terminator: &Terminator, by: &By, user_id: &str, end_all: bool) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    if state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let (mut tx, user) = by.hold(state, user_id).await?;
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
    users::store::set_password(&mut *tx, user_id, &blocked(&user.password_hash)).await?;
    let cause = by.cause_with_words(EndReason::ByAdmin);
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    Ok(outcome.with_receipt(receipt))
}

/// For a second factor that is lost with the phone and the recovery codes: from now on login asks for the password only.
/// Every session ends, as the others do when people turn it off themselves: they got in by other rules (ASVS 7.4.3). So do
/// halves of logins, and the trust in devices.
pub async fn remove_second_factor(terminator: &Terminator, by: &By, user_id: &str) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let (mut tx, user) = by.hold(state, user_id).await?;
    if !removal::remove(&mut tx, user_id).await? {
        let words = format!("Two-factor authentication is already off for {}.", user.name);
        return already(tx, state, user_id, [Kind::SecondFactorRemoved, Kind::SecondFactorOff], &words).await;
    }
    by.write_down(&mut tx, state, Kind::SecondFactorRemoved, user_id, Value::Null).await?;
    outbox::tell(&mut *tx, state, &user, Notification::SecondFactorRemoved, &Caller::default()).await?;
    let cause = by.cause(EndReason::SecondFactorRemoved);
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    let words = format!("Two-factor authentication removed. {} can log in with just a password.", user.name);
    Ok(Outcome::done(words).with_receipt(receipt))
}

/// Gives a user another role, and waits until every live instance refuses the tokens that name the one before. It counts
/// on the next request: pages read it, and the sessions go on under new secrets.
///
/// # Errors
/// [`AppError::LastAdministrator`], [`AppError::ChangedMeanwhile`].
pub async fn change_role(
    terminator: &Terminator,
    by: &By,
    user_id: &str,
    role: Role,
    undo: &str,
) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let (mut tx, user) = by.hold(state, user_id).await?;
    if user.role() == role {
        let words = format!("{} is already {}.", user.name, role.with_article());
        return already(tx, state, user_id, OF_ROLE, &words).await;
    }
    require_newest(&mut tx, user_id, OF_ROLE, undo).await?;
    keep_an_administrator(&mut tx, &user).await?;
    store::set_role(&mut *tx, user_id, role).await?;
    let details = json!({ "from": user.role().into_str(), "to": role.into_str() });
    let event = by.write_down(&mut tx, state, Kind::RoleChanged, user_id, details).await?;
    outbox::tell_of_role(&mut *tx, state, &user, role).await?;
    let cause = by.cause(EndReason::RoleChanged);
    let receipt = terminator.terminate_everywhere_with(tx, Target::Tokens(user_id), cause).await?;
    let words = format!("{} is now {} (was: {}).", user.name, role.with_article(), user.role().words().to_lowercase());
    let mut outcome = Outcome::done(words).undone_by(Act::ChangeRole, event);
    // No session has ended, so the words of a receipt would mislead; who is late matters all the same.
    outcome.receipt = Some(receipt);
    // Whoever gave their own role away may not look there any more.
    let shut_out = by.is(user_id) && !role.oversees();
    Ok(if shut_out { outcome.shown_on("/dashboard") } else { outcome })
}

/// Nothing of the user counts any more, on any instance: no session, no token, no link from a mail, no half of a login.
/// What belongs to the account stays.
///
/// # Errors
/// [`AppError::LastAdministrator`], [`AppError::ChangedMeanwhile`].
pub async fn disable(terminator: &Terminator, by: &By, user_id: &str, undo: &str) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let now_ms = state.clock.now_ms();
    let (mut tx, user) = by.hold(state, user_id).await?;
    if user.disabled_at.is_some() {
        return already(tx, state, user_id, OF_STATE, &format!("{} is already disabled.", user.name)).await;
    }
    require_newest(&mut tx, user_id, OF_STATE, undo).await?;
    keep_an_administrator(&mut tx, &user).await?;
    store::set_disabled(&mut *tx, user_id, Some(now_ms)).await?;
    factor_store::forget_all(&mut *tx, user_id).await?;
    // They are refused as it is; this is for the day on which the account is enabled again.
    links::kill_all(&mut tx, user_id, now_ms).await?;
    let event = by.write_down(&mut tx, state, Kind::AccountDisabled, user_id, Value::Null).await?;
    // A login says that the password is wrong, as it does to everyone: only the mail tells the owner what it is.
    outbox::tell(&mut *tx, state, &user, Notification::AccountDisabled, &Caller::default()).await?;
    let cause = by.cause(EndReason::Disabled);
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    Ok(Outcome::done(format!("{} is disabled.", user.name)).with_receipt(receipt).undone_by(Act::Enable, event))
}

/// The user may log in again, with the same password. What has ended stays ended.
///
/// # Errors
/// [`AppError::AddressGaveWay`], [`AppError::ChangedMeanwhile`].
pub async fn enable(terminator: &Terminator, by: &By, user_id: &str, undo: &str) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let (mut tx, user) = by.hold(state, user_id).await?;
    if user.disabled_at.is_none() {
        return already(tx, state, user_id, OF_STATE, &format!("{} is already enabled.", user.name)).await;
    }
    if user.gave_way() {
        return Err(AppError::AddressGaveWay);
    }
    require_newest(&mut tx, user_id, OF_STATE, undo).await?;
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

/// Erases the person and ends everything of theirs, as when people delete their account themselves. `confirmation` is
/// their email address.
///
/// # Errors
/// [`AppError::OwnAccount`], [`AppError::LastAdministrator`], [`AppError::Invalid`] for the confirmation.
pub async fn delete(terminator: &Terminator, by: &By, user_id: &str, confirmation: &str) -> Result<Outcome, AppError> {
    if by.is(user_id) {
        return Err(AppError::OwnAccount);
    }
    let (mut tx, user) = by.hold(&terminator.state, user_id).await?;
    if !is_address_of(&user, confirmation) {
        return Err(Invalid::ConfirmationWrong.into());
    }
    let deleted = by.event(Kind::AccountDeleted, user_id, Value::Null);
    erase(&mut tx, &terminator.state, &user, &deleted, &Caller::default()).await?;
    By::log(&deleted);
    let cause = Cause { caller: Caller::default(), ..by.cause(EndReason::AccountDeleted) };
    let receipt = terminator.terminate_everywhere_with(tx, Target::User(user_id), cause).await?;
    let outcome = Outcome::done(format!("{}'s account has been deleted.", user.name));
    Ok(outcome.with_receipt(receipt).shown_on("/admin/users"))
}

/// Whether the confirmation is the address of the account.
pub fn is_address_of(user: &users::store::User, confirmation: &str) -> bool {
    // One that gave way is no address any more, and is typed as it stands there.
    let same = |email: Email| email.as_str() == user.email;
    confirmation.trim() == user.email || Email::parse(confirmation).is_ok_and(same)
}

/// It is so, and nothing happens. `words` say how it is; who comes second is told who was first.
async fn already(
    mut tx: Tx,
    state: &AppState,
    user_id: &str,
    kinds: [Kind; 2],
    words: &str,
) -> Result<Outcome, AppError> {
    Ok(Outcome::already(words, who_did(&mut tx, user_id, kinds).await?, state.clock.now_ms()))
}
