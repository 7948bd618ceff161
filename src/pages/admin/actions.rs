//! The border of administration. Actions, both sides.

use leptos::prelude::*;

use crate::{
    auth::{
        sessions::Receipt,
        tokens::{KeyReceipt, Rotation},
    },
    base::error::AppError,
};

/// Ends every session and token of `user`, or only the session `sid` of theirs. Callable by administrators who have
/// proven lately who they are, or do so with `password`.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::NotFound`], [`AppError::AccountGone`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "force_logout")]
pub async fn force_logout(
    user: String,
    sid: Option<String>,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    use super::{acting, force_logout, outcome::Outcome};
    use crate::web::border;
    let sid = sid.unwrap_or_default();
    let by = acting::by(&reason, password).await?;
    let receipt = force_logout::force_logout(&border::app().terminator, &by, &user, &sid).await?;
    // With JavaScript and without, the page is loaded anew: what it lists has changed.
    acting::tell(&Outcome::of_force_logout(receipt.clone()), &user);
    Ok(receipt)
}

/// Ends every session and token of everyone, but the session that this is done in; `confirmation` is
/// [`EVERYONE_WORDS`](super::EVERYONE_WORDS). Callable as [`force_logout`].
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
    use super::{
        acting,
        log_out_everyone::{check, log_out_everyone},
        outcome::Outcome,
    };
    use crate::web::border;
    let (admin, words) = acting::checked(password, || check(&confirmation, &reason)).await?;
    let receipt = log_out_everyone(&border::app().terminator, &admin, border::visit().caller, words).await?;
    acting::tell(&Outcome::of_force_logout(receipt.clone()).shown_on("/admin/sessions"), "");
    Ok(receipt)
}

/// Disables an account: nothing of it counts any more. `undo`: the event that this undoes. Callable as
/// [`force_logout`].
///
/// # Errors
/// As [`force_logout`]; [`AppError::LastAdministrator`], [`AppError::ChangedMeanwhile`].
#[server(prefix = "/actions", endpoint = "disable_user")]
pub async fn disable_user(
    user: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use super::{acting, disable};
    use crate::{base::db::again, web::border};
    let (by, undo) = (acting::by(&reason, password).await?, undo.unwrap_or_default());
    let terminator = border::app().terminator;
    acting::tell(&again(|| disable::disable(&terminator, &by, &user, &undo)).await?, &user);
    Ok(())
}

/// Enables a disabled account. `undo`: the event that this undoes. Callable as [`force_logout`].
///
/// # Errors
/// As [`force_logout`]; [`AppError::AddressGaveWay`], [`AppError::ChangedMeanwhile`].
#[server(prefix = "/actions", endpoint = "enable_user")]
pub async fn enable_user(
    user: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use super::{acting, disable};
    use crate::{base::db::again, web::border};
    let (by, undo) = (acting::by(&reason, password).await?, undo.unwrap_or_default());
    let terminator = border::app().terminator;
    acting::tell(&again(|| disable::enable(&terminator, &by, &user, &undo)).await?, &user);
    Ok(())
}

/// Gives an account another role. `undo`: the event that this undoes. Callable as [`force_logout`].
///
/// # Errors
/// As [`force_logout`]; [`AppError::BadRequest`] for what is no role, [`AppError::LastAdministrator`],
/// [`AppError::ChangedMeanwhile`].
#[server(prefix = "/actions", endpoint = "change_role")]
pub async fn change_role(
    user: String,
    role: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use super::{acting, change_role};
    use crate::{base::db::again, web::border};
    let undo = undo.unwrap_or_default();
    let by = acting::by(&reason, password).await?;
    let role = role.parse().map_err(|_| AppError::BadRequest)?;
    let terminator = border::app().terminator;
    acting::tell(&again(|| change_role::change_role(&terminator, &by, &user, role, &undo)).await?, &user);
    Ok(())
}

/// Sends the user a link to a new password. `end_all`: `on` ends everything as well. Callable as [`force_logout`].
///
/// # Errors
/// As [`force_logout`]; [`AppError::MailOff`], [`AppError::AccountDisabled`].
#[server(prefix = "/actions", endpoint = "start_reset")]
pub async fn start_reset(
    user: String,
    reason: String,
    end_all: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    use super::{acting, start_reset};
    use crate::{base::db::again, web::border};
    let (by, end_all) = (acting::by(&reason, password).await?, end_all.as_deref() == Some("on"));
    let terminator = border::app().terminator;
    acting::tell(&again(|| start_reset::start_reset(&terminator, &by, &user, end_all)).await?, &user);
    Ok(())
}

/// Removes the second factor of a user. Callable as [`force_logout`].
///
/// # Errors
/// As [`force_logout`].
#[server(prefix = "/actions", endpoint = "remove_second_factor")]
pub async fn remove_second_factor(user: String, reason: String, password: Option<String>) -> Result<(), AppError> {
    use super::{acting, remove_factor};
    use crate::{base::db::again, web::border};
    let by = acting::by(&reason, password).await?;
    let terminator = border::app().terminator;
    acting::tell(&again(|| remove_factor::remove(&terminator, &by, &user)).await?, &user);
    Ok(())
}

/// Deletes an account; `confirmation` is its email address. Callable as [`force_logout`].
///
/// # Errors
/// As [`force_logout`]; [`AppError::Invalid`] for the confirmation, [`AppError::OwnAccount`],
/// [`AppError::LastAdministrator`].
#[server(prefix = "/actions", endpoint = "delete_user")]
pub async fn delete_user(
    user: String,
    reason: String,
    confirmation: String,
    password: Option<String>,
) -> Result<(), AppError> {
    use super::{acting, delete_user};
    use crate::{base::db::again, web::border};
    let by = acting::by(&reason, password).await?;
    let terminator = border::app().terminator;
    acting::tell(&again(|| delete_user::delete(&terminator, &by, &user, &confirmation)).await?, &user);
    Ok(())
}

/// Publishes a new signing key, which signs after the lead time. Callable as [`force_logout`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::RotationUnderWay`].
#[server(prefix = "/actions", endpoint = "rotate_keys")]
pub async fn rotate_keys(password: Option<String>) -> Result<Rotation, AppError> {
    use super::{acting, keys};
    use crate::{auth::tokens::keys::Keys, web::border};
    let admin = border::require_fresh_admin(password).await?;
    let cause = keys::cause(admin, border::visit().caller, String::new());
    let rotation = expect_context::<Keys>().rotate(&cause).await?;
    acting::tell(&keys::rotated(&rotation), "");
    Ok(rotation)
}

/// Revokes the signing key `kid`: what it has signed is rejected. Callable as [`force_logout`].
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`],
/// [`AppError::KeyNotInUse`], [`AppError::Invalid`] for the reason.
#[server(prefix = "/actions", endpoint = "kill_key")]
pub async fn kill_key(kid: String, reason: String, password: Option<String>) -> Result<KeyReceipt, AppError> {
    use super::{acting, by::parse_reason, keys};
    use crate::{auth::tokens::keys::Keys, web::border};
    let (admin, words) = acting::checked(password, || Ok(parse_reason(&reason)?)).await?;
    let cause = keys::cause(admin, border::visit().caller, words);
    let receipt = expect_context::<Keys>().revoke(&kid, &cause).await?;
    acting::tell(&keys::revoked(&receipt), "");
    Ok(receipt)
}

/// Puts the list of first steps away, for good, for the administrator who asks (`name`: `all`), or notes that they open the
/// Lab from it (`lab`).
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::BadRequest`].
#[server(prefix = "/actions", endpoint = "put_away_first_steps")]
pub async fn put_away_first_steps(name: String) -> Result<(), AppError> {
    use super::overview::{
        ALL, LAB,
        store::{AWAY, keep_first_steps},
    };
    use crate::web::border;
    let admin = border::require_admin()?;
    let (kept, next) = match &*name {
        LAB => (LAB, "/lab"),
        ALL => (AWAY, "/admin"),
        _ => return Err(AppError::BadRequest),
    };
    keep_first_steps(&border::app().state.db.pool, &admin.0.user.id, kept).await?;
    leptos_axum::redirect(next);
    Ok(())
}
