//! The story of an account that goes: what is kept of the person is erased, and they are told. Server side.

use super::store;
use crate::{
    auth::{
        event,
        event::Event,
        grants, outbox,
        outbox::Notification,
        revocations,
        revocations::EndReason,
        sessions,
        sessions::{guard::keep_an_administrator, store::Target},
        users::store::User,
    },
    base::{caller::Caller, db::Tx, error::AppError, state::AppState},
};

/// Tells the user, and erases who it was. `user` is the row as it is now, locked by `tx`; `deleted` says who did it;
/// `caller` is from where, as far as the person may know. The caller ends what is live, which commits.
///
/// # Errors
/// [`AppError::LastAdministrator`]; or when the database does not take it.
pub async fn erase(
    tx: &mut Tx,
    state: &AppState,
    user: &User,
    deleted: &Event,
    caller: &Caller,
) -> Result<String, AppError> {
    let now_ms = state.clock.now_ms();
    // Before the chain of the log, which is locked last of all.
    sessions::store::lock_of(&mut **tx, &user.id).await?;
    // Before they are erased: their applications are told.
    grants::store::end_with(tx, Target::User(&user.id), &[], EndReason::AccountDeleted, now_ms).await?;
    revocations::store::lock(tx).await?;
    keep_an_administrator(tx, user).await?;
    store::delete_mails(&mut **tx, &user.id, &user.email).await?;
    // The last thing that is kept of the address, until the mail has gone out.
    outbox::tell(&mut **tx, state, user, Notification::AccountDeleted, caller).await?;
    store::erase(tx, &user.id).await?;
    store::forget_origin(tx, &user.id).await?;
    store::bury(&mut **tx, &user.id, now_ms).await?;
    Ok(event::store::insert(&mut **tx, deleted, now_ms).await?)
}
