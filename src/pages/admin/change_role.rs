//! The story of another role. It counts on the next request: pages read it, tokens that name the one before die, and
//! the sessions go on under new secrets. Server side.

use serde_json::json;

use super::{
    Act,
    by::{By, require_newest, who_did},
    outcome::Outcome,
    store,
};
use crate::{
    auth::{
        event::Kind,
        outbox,
        revocations::EndReason,
        sessions::{guard::keep_an_administrator, store::Target, terminate::Terminator},
        users::Role,
    },
    base::error::AppError,
};

/// What decides the role.
pub const KINDS: [Kind; 2] = [Kind::RoleChanged, Kind::AdminCreated];

/// Gives a user another role, and waits until every live instance refuses the tokens that name the one before. `undo`:
/// the event that this undoes, or nothing.
///
/// # Errors
/// As [`By::hold`]; [`AppError::LastAdministrator`], [`AppError::ChangedMeanwhile`].
pub async fn change_role(
    terminator: &Terminator,
    by: &By,
    user_id: &str,
    role: Role,
    undo: &str,
) -> Result<Outcome, AppError> {
    let state = &terminator.state;
    let mut tx = state.db.begin_write().await?;
    let user = by.hold(&mut tx, user_id).await?;
    if user.role() == role {
        let before = who_did(&mut tx, user_id, KINDS).await?;
        let words = format!("{} is already {}.", user.name, role.with_article());
        return Ok(Outcome::already(&words, before, state.clock.now_ms()));
    }
    require_newest(&mut tx, user_id, KINDS, undo).await?;
    keep_an_administrator(&mut tx, &user).await?;
    store::set_role(&mut *tx, user_id, role).await?;
    let details = json!({ "from": user.role().into_str(), "to": role.into_str() });
    let event = by.write_down(&mut tx, state, Kind::RoleChanged, user_id, details).await?;
    outbox::tell_of_role(&mut *tx, state, &user, role).await?;
    let receipt =
        terminator.terminate_everywhere_with(tx, Target::Tokens(user_id), by.cause(EndReason::RoleChanged)).await?;
    let words = format!("{} is now {} (was: {}).", user.name, role.with_article(), user.role().words().to_lowercase());
    let mut outcome = Outcome::done(words).undone_by(Act::ChangeRole, event);
    // No session has ended, so the words of a receipt would mislead; who is late matters all the same.
    outcome.receipt = Some(receipt);
    // Whoever gave their own role away may not look there any more.
    let shut_out = by.is(user_id) && !role.oversees();
    Ok(if shut_out { outcome.shown_on("/dashboard") } else { outcome })
}
