//! The border of administration. Every action here is for administrators who have proven lately who they are, or do so with
//! `password`: it refuses with [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::ProofNeeded`] or
//! [`AppError::WrongPassword`], and with [`AppError::Invalid`] for what was typed. Those on an account refuse as
//! [`By::hold`], too. Server side.

use leptos::prelude::*;

use super::{
    EVERYONE_WORDS,
    by::{By, parse_reason},
    outcome::Outcome,
    overview::{
        ALL, LAB,
        store::{AWAY, keep_first_steps},
    },
    short, stories,
};
use crate::{
    auth::{
        cause::Cause,
        revocations::EndReason,
        sessions::{Receipt, guard::Administrator},
        tokens::{KeyReceipt, Rotation, keys::Keys},
        users,
    },
    base::{
        db::again,
        error::{AppError, Invalid},
    },
    people::receipt::confirmed,
    ui::when::moment,
    web::border,
};

/// Ends every session and token of `user`, or only the session `sid` of theirs.
#[server(prefix = "/actions", endpoint = "force_logout")]
pub async fn force_logout(
    user: String,
    sid: Option<String>,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    let (terminator, by, sid) = (border::app().terminator, by(&reason, password).await?, sid.unwrap_or_default());
    let receipt = again(|| stories::force_logout(&terminator, &by, &user, &sid)).await?;
    // With JavaScript and without, the page is loaded anew: what it lists has changed.
    tell(&Outcome::of_force_logout(receipt.clone()), &user)?;
    Ok(receipt)
}

/// Ends every session and token of everyone, but the session that this is done in; `confirmation` is [`EVERYONE_WORDS`].
#[server(prefix = "/actions", endpoint = "log_out_everyone")]
pub async fn log_out_everyone(
    confirmation: String,
    reason: String,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    let same = confirmation.trim().eq_ignore_ascii_case(EVERYONE_WORDS);
    let (admin, words) = checked(password, || confirmed_reason(same, &reason)).await?;
    let cause = cause(&admin, EndReason::EveryoneLoggedOut, words);
    let receipt = border::app().terminator.terminate_everyone(Some(&admin), cause).await?;
    tell(&Outcome::of_force_logout(receipt.clone()).shown_on("/admin/sessions"), "")?;
    Ok(receipt)
}

/// Disables an account: nothing of it counts any more. `undo`: the event that this undoes.
#[server(prefix = "/actions", endpoint = "disable_user")]
pub async fn disable_user(
    user: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    let (terminator, by) = (border::app().terminator, by(&reason, password).await?);
    tell(&again(|| stories::disable(&terminator, &by, &user, undo.as_deref().unwrap_or_default())).await?, &user)
}

/// Enables a disabled account. `undo`: the event that this undoes.
#[server(prefix = "/actions", endpoint = "enable_user")]
pub async fn enable_user(
    user: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    let (terminator, by) = (border::app().terminator, by(&reason, password).await?);
    tell(&again(|| stories::enable(&terminator, &by, &user, undo.as_deref().unwrap_or_default())).await?, &user)
}

/// Gives an account another role; [`AppError::BadRequest`] for what is none. `undo`: the event that this undoes.
#[server(prefix = "/actions", endpoint = "change_role")]
pub async fn change_role(
    user: String,
    role: String,
    reason: String,
    undo: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    let (terminator, by, undo) = (border::app().terminator, by(&reason, password).await?, undo.unwrap_or_default());
    let role = role.parse().map_err(|_| AppError::BadRequest)?;
    tell(&again(|| stories::change_role(&terminator, &by, &user, role, &undo)).await?, &user)
}

/// Sends the user a link to a new password. `end_all`: `on` ends everything as well.
#[server(prefix = "/actions", endpoint = "start_reset")]
pub async fn start_reset(
    user: String,
    reason: String,
    end_all: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    let (terminator, by) = (border::app().terminator, by(&reason, password).await?);
    tell(&again(|| stories::start_reset(&terminator, &by, &user, end_all.as_deref() == Some("on"))).await?, &user)
}

#[server(prefix = "/actions", endpoint = "remove_second_factor")]
pub async fn remove_second_factor(user: String, reason: String, password: Option<String>) -> Result<(), AppError> {
    let (terminator, by) = (border::app().terminator, by(&reason, password).await?);
    tell(&again(|| stories::remove_second_factor(&terminator, &by, &user)).await?, &user)
}

/// Deletes an account; `confirmation` is its email address.
#[server(prefix = "/actions", endpoint = "delete_user")]
pub async fn delete_user(
    user: String,
    reason: String,
    confirmation: String,
    password: Option<String>,
) -> Result<(), AppError> {
    border::require_admin()?;
    let terminator = border::app().terminator;
    let named = users::store::find_by_id(&terminator.state.db.pool, &user).await?;
    // Where there is no such user the act says so.
    let same = named.is_none_or(|user| stories::is_address_of(&user, &confirmation));
    let (admin, words) = checked(password, || confirmed_reason(same, &reason)).await?;
    let by = By::page(admin, border::visit().caller, words);
    tell(&again(|| stories::delete(&terminator, &by, &user, &confirmation)).await?, &user)
}

/// Publishes a new signing key, which signs after the lead time; [`AppError::RotationUnderWay`] while another one waits.
#[server(prefix = "/actions", endpoint = "rotate_keys")]
pub async fn rotate_keys(password: Option<String>) -> Result<Rotation, AppError> {
    let admin = border::require_fresh_admin(password).await?;
    let rotation = expect_context::<Keys>().rotate(&cause(&admin, EndReason::ByAdmin, String::new())).await?;
    let Rotation { kid, algorithm, signs_from } = &rotation;
    let (kid, from) = (short(kid), moment(*signs_from));
    tell_of_keys(format!("{algorithm} key {kid} created. It will be in use from {from}."))?;
    Ok(rotation)
}

/// Revokes the signing key `kid`: what it has signed is rejected. [`AppError::KeyNotInUse`] for one that signs nothing.
#[server(prefix = "/actions", endpoint = "kill_key")]
pub async fn kill_key(kid: String, reason: String, password: Option<String>) -> Result<KeyReceipt, AppError> {
    let (admin, words) = checked(password, || Ok(parse_reason(&reason)?)).await?;
    let receipt = expect_context::<Keys>().revoke(&kid, &cause(&admin, EndReason::ByAdmin, words)).await?;
    let (kid, signing, ms) = (short(&receipt.kid), short(&receipt.signing), receipt.milliseconds);
    let own = format!("Key {kid} revoked in {ms} ms. New tokens are signed with {signing}.");
    tell_of_keys(confirmed(own, &receipt.instances))?;
    Ok(receipt)
}

/// Puts the list of first steps away, for good, for the administrator who asks (`name`: `all`), or notes that they open the
/// Lab from it (`lab`). Asks for no proof.
#[server(prefix = "/actions", endpoint = "put_away_first_steps")]
pub async fn put_away_first_steps(name: String) -> Result<(), AppError> {
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

/// Who acts on an account, and why.
async fn by(reason: &str, password: Option<String>) -> Result<By, AppError> {
    let (admin, words) = checked(password, || Ok(parse_reason(reason)?)).await?;
    Ok(By::page(admin, border::visit().caller, words))
}

/// Who acts, with a proof of who they are, and what `check` makes of what was typed. That is looked at before the password
/// is asked for, and after one that was typed.
async fn checked<T>(
    password: Option<String>,
    check: impl Fn() -> Result<T, AppError>,
) -> Result<(Administrator, T), AppError> {
    border::require_admin()?;
    if password.as_ref().is_none_or(String::is_empty) {
        check()?;
    }
    Ok((border::require_fresh_admin(password).await?, check()?))
}

/// The reason, or what is wrong with the fields, both at once; `same`: what was to be typed was typed.
fn confirmed_reason(same: bool, reason: &str) -> Result<String, AppError> {
    match (same, parse_reason(reason)) {
        (true, Ok(words)) => Ok(words),
        (same, words) => {
            let confirmation = (!same).then_some(Invalid::ConfirmationWrong);
            Err(AppError::Invalid(confirmation.into_iter().chain(words.err()).collect()))
        }
    }
}

fn cause(admin: &Administrator, reason: EndReason, words: String) -> Cause {
    Cause { words, ..Cause::by_user(&admin.0.user.id, reason, border::visit().caller) }
}

/// Goes on to the page that says what became of it.
fn tell(outcome: &Outcome, user_id: &str) -> Result<(), AppError> {
    border::lead_to(&outcome.page(user_id), &outcome.for_next_page())
}

fn tell_of_keys(words: String) -> Result<(), AppError> {
    tell(&Outcome::done(words).shown_on("/admin/keys"), "")
}
