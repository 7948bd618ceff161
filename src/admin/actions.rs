//! The border of administration. Actions, both sides.

use leptos::prelude::*;

use crate::{
    error::AppError,
    sessions::Receipt,
    tokens::{KillReceipt, Rotation},
};

/// Ends every session and token of `user`, or only the session `sid` of theirs. Callable by administrators who have
/// proven lately who they are, or do so with `password`.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::NotFound`], [`AppError::AccountGone`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "force_log_out")]
pub async fn force_log_out(
    user: String,
    sid: Option<String>,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    use crate::{
        admin::{by::By, force_logout, outcome::Outcome},
        sessions::guard::{require_admin, require_fresh_admin},
        web::{action::act_with_proof, page::Typed},
    };
    let sid = sid.unwrap_or_default();
    act_with_proof(Typed::new(&[("user", &user), ("reason", &reason), ("sid", &sid)]), async move {
        require_admin()?;
        force_logout::parse_reason(&reason)?;
        let by = By::page(require_fresh_admin(password).await?, &reason)?;
        let receipt = force_logout::force_log_out(&expect_context(), &by, &user, &sid).await?;
        let outcome = Outcome::of_force_logout(receipt.clone());
        outcome.tell_next_page();
        // With JavaScript and without, the page is loaded anew: what it lists has changed.
        leptos_axum::redirect(&outcome.page(&user));
        Ok(receipt)
    })
    .await
}

/// Ends every session and token of everybody, but the session that this is done in; `confirmation` is
/// [`EVERYONE_WORDS`](super::EVERYONE_WORDS). Callable as [`force_log_out`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::Invalid`] for confirmation and reason.
#[server(prefix = "/actions", endpoint = "log_out_everyone")]
pub async fn log_out_everyone(
    confirmation: String,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    use crate::{
        admin::log_out_everyone::{check, log_out_everyone},
        sessions::guard::{require_admin, require_fresh_admin},
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::new(&[("confirmation", &confirmation), ("reason", &reason)]), async move {
        require_admin()?;
        check(&confirmation, &reason)?;
        log_out_everyone(require_fresh_admin(password).await?, &reason).await
    })
    .await
}

/// Disables an account: nothing of it counts any more. `undo`: the event that this undoes. Callable as
/// [`force_log_out`].
///
/// # Errors
/// As [`force_log_out`]; [`AppError::LastAdministrator`], [`AppError::ChangedMeanwhile`].
#[server(prefix = "/actions", endpoint = "disable_user")]
pub async fn disable_user(
    user: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        admin::{acting::act, disable},
        web::page::Typed,
    };
    let undo = undo.unwrap_or_default();
    let typed = Typed::new(&[("user", &user), ("reason", &reason), ("undo", &undo)]);
    act(typed, password, move |ender, by| async move { disable::disable(&ender, &by, &user, &undo).await }).await
}

/// Enables a disabled account. `undo`: the event that this undoes. Callable as [`force_log_out`].
///
/// # Errors
/// As [`force_log_out`]; [`AppError::AddressGaveWay`], [`AppError::ChangedMeanwhile`].
#[server(prefix = "/actions", endpoint = "enable_user")]
pub async fn enable_user(
    user: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        admin::{acting::act, disable},
        web::page::Typed,
    };
    let undo = undo.unwrap_or_default();
    let typed = Typed::new(&[("user", &user), ("reason", &reason), ("undo", &undo)]);
    act(typed, password, move |ender, by| async move { disable::enable(&ender, &by, &user, &undo).await }).await
}

/// Gives an account another role. `undo`: the event that this undoes. Callable as [`force_log_out`].
///
/// # Errors
/// As [`force_log_out`]; [`AppError::BadRequest`] for what is no role, [`AppError::LastAdministrator`],
/// [`AppError::ChangedMeanwhile`].
#[server(prefix = "/actions", endpoint = "change_role")]
pub async fn change_role(
    user: String,
    role: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        admin::{acting::act, change_role},
        web::page::Typed,
    };
    let undo = undo.unwrap_or_default();
    let typed = Typed::new(&[("user", &user), ("role", &role), ("reason", &reason), ("undo", &undo)]);
    act(typed, password, move |ender, by| async move {
        let role = role.parse().map_err(|_| AppError::BadRequest)?;
        change_role::change_role(&ender, &by, &user, role, &undo).await
    })
    .await
}

/// Sends the user a link to a new password. `end_all`: `on` ends everything as well. Callable as [`force_log_out`].
///
/// # Errors
/// As [`force_log_out`]; [`AppError::MailOff`], [`AppError::AccountDisabled`].
#[server(prefix = "/actions", endpoint = "start_reset")]
pub async fn start_reset(
    user: String,
    reason: String,
    end_all: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        admin::{acting::act, start_reset},
        web::page::Typed,
    };
    let end_all = end_all.unwrap_or_default();
    let typed = Typed::new(&[("user", &user), ("reason", &reason), ("end_all", &end_all)]);
    let end_all = end_all == "on";
    act(typed, password, move |ender, by| async move { start_reset::start_reset(&ender, &by, &user, end_all).await })
        .await
}

/// Removes the second factor of a user. Callable as [`force_log_out`].
///
/// # Errors
/// As [`force_log_out`].
#[server(prefix = "/actions", endpoint = "remove_second_factor")]
pub async fn remove_second_factor(user: String, reason: String, password: Option<String>) -> Result<(), AppError> {
    use crate::{
        admin::{acting::act, remove_factor},
        web::page::Typed,
    };
    let typed = Typed::new(&[("user", &user), ("reason", &reason)]);
    act(typed, password, move |ender, by| async move { remove_factor::remove(&ender, &by, &user).await }).await
}

/// Deletes an account; `confirmation` is its e-mail address. Callable as [`force_log_out`].
///
/// # Errors
/// As [`force_log_out`]; [`AppError::Invalid`] for the confirmation, [`AppError::OwnAccount`],
/// [`AppError::LastAdministrator`].
#[server(prefix = "/actions", endpoint = "delete_user")]
pub async fn delete_user(
    user: String,
    reason: String,
    confirmation: String,
    password: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        admin::{acting::act, delete_user},
        web::page::Typed,
    };
    let typed = Typed::new(&[("user", &user), ("reason", &reason), ("confirmation", &confirmation)]);
    act(typed, password, move |ender, by| async move { delete_user::delete(&ender, &by, &user, &confirmation).await })
        .await
}

/// Publishes a new signing key, which signs after the lead time. Callable as [`force_log_out`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::RotationUnderWay`].
#[server(prefix = "/actions", endpoint = "rotate_keys")]
pub async fn rotate_keys(password: Option<String>) -> Result<Rotation, AppError> {
    use crate::{
        admin::keys,
        sessions::guard::require_fresh_admin,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { keys::rotate(require_fresh_admin(password).await?).await }).await
}

/// Kills the signing key `kid`: what it has signed counts no more. Callable as [`force_log_out`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::KeyNotInUse`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "kill_key")]
pub async fn kill_key(kid: String, reason: String, password: Option<String>) -> Result<KillReceipt, AppError> {
    use crate::{
        admin::{force_logout::parse_reason, keys},
        sessions::guard::{require_admin, require_fresh_admin},
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::new(&[("kid", &kid), ("reason", &reason)]), async move {
        require_admin()?;
        parse_reason(&reason)?;
        keys::kill(require_fresh_admin(password).await?, &kid, &reason).await
    })
    .await
}
