//! The border of one's own account. Where nothing else is said an action is for who is logged in, and one that takes a
//! `password` for who has proven lately who they are, or does so with it: it refuses with [`AppError::NotLoggedIn`],
//! [`AppError::ProofNeeded`] or [`AppError::WrongPassword`]. What else it refuses stands with its story. Server side.

use leptos::prelude::*;

use super::{
    change_name, change_password,
    delete_account::check_confirmation,
    end_sessions::{Own, end_all_but, end_own},
    keep_factor, new_email, not_me, second_factor, tell,
};
use crate::{
    auth::{log_in::log_out, sessions::Receipt},
    base::{db::again, error::AppError},
    web::{border, cookies::Name},
};

/// Ends the session `sid` of one's own, on whatever device it is.
#[server(prefix = "/actions", endpoint = "end_session")]
pub async fn end_session(sid: String, password: Option<String>) -> Result<Receipt, AppError> {
    let (app, visit, someone) = (border::app(), border::visit(), border::require_fresh(password).await?);
    if sid == someone.log_in.sid {
        log_out(&app, &visit).await?;
        border::forget_session();
        border::lead_to("/", &[("logged_out", "here")])?;
        return Ok(Receipt { sessions_ended: 1, ..Receipt::default() });
    }
    let own = Own { user_id: &someone.user.id, sid: &someone.log_in.sid, caller: &visit.caller };
    tell::ended(end_own(&app.terminator, own, &sid).await?)
}

/// Ends all sessions of one's own except that of this browser.
#[server(prefix = "/actions", endpoint = "end_other_sessions")]
pub async fn end_other_sessions(password: Option<String>) -> Result<Receipt, AppError> {
    let (app, visit, someone) = (border::app(), border::visit(), border::require_fresh(password).await?);
    let own = Own { user_id: &someone.user.id, sid: &someone.log_in.sid, caller: &visit.caller };
    tell::ended(end_all_but(&app.terminator, own).await?)
}

/// Starts to set up two-factor authentication: creates a secret for the app, in place of one that was never used.
#[server(prefix = "/actions", endpoint = "start_second_factor")]
pub async fn start_second_factor(password: Option<String>) -> Result<(), AppError> {
    let (app, someone) = (border::app(), border::require_fresh(password).await?);
    let is_begun = second_factor::is_begun(&app, &someone).await?;
    match second_factor::start(&app, &someone).await? {
        true if is_begun => border::lead_to("/account/second-factor/set-up", &[("second_factor", "again")]),
        true => border::lead_to("/account/second-factor/set-up", &[]),
        false => border::lead_to("/account/second-factor", &[]),
    }
}

/// Turns on two-factor authentication with the first code of the app, shows ten recovery codes, and ends every other session.
#[server(prefix = "/actions", endpoint = "turn_on_second_factor")]
pub async fn turn_on_second_factor(code: String, password: Option<String>) -> Result<Receipt, AppError> {
    let someone = border::require_fresh(password).await?;
    let changed = second_factor::turn_on(&border::app(), &border::visit(), someone, &code).await?;
    tell::changed(changed, "")
}

/// Creates and shows ten new recovery codes. The old ones stop working.
#[server(prefix = "/actions", endpoint = "make_recovery_codes")]
pub async fn make_recovery_codes(password: Option<String>) -> Result<(), AppError> {
    let someone = border::require_fresh(password).await?;
    let (app, visit) = (border::app(), border::visit());
    let changed = again(|| second_factor::make_codes(&app, &visit, &someone)).await?;
    tell::changed(changed, "replaced").map(drop)
}

/// Turns off two-factor authentication, removes the recovery codes and all trust, and ends every other session.
#[server(prefix = "/actions", endpoint = "turn_off_second_factor")]
pub async fn turn_off_second_factor(password: Option<String>) -> Result<Receipt, AppError> {
    let someone = border::require_fresh(password).await?;
    let changed = second_factor::turn_off(&border::app(), &border::visit(), someone).await?;
    tell::changed(changed, "off")
}

/// Takes the trust from one device of one's own: login asks for a code there.
#[server(prefix = "/actions", endpoint = "forget_device")]
pub async fn forget_device(device: String) -> Result<(), AppError> {
    let (app, visit) = (border::app(), border::visit());
    let is_news = again(|| second_factor::forget_device(&app, &visit, &device)).await?;
    border::lead_to("/account/second-factor", if is_news { &[("second_factor", "forgotten")] } else { &[] })
}

/// Changes the password of who is logged in; `password` is the one that counts now. Ends every other session, and
/// gives this one a new secret.
#[server(prefix = "/actions", endpoint = "change_password")]
pub async fn change_password(password: Option<String>, new_password: String) -> Result<Receipt, AppError> {
    let (app, visit) = (border::app(), border::visit());
    let (receipt, secret) = change_password::change_password(&app, &visit, password, new_password).await?;
    border::keep_secret(secret.as_ref());
    border::lead_to("/account/devices", &[("changed", &receipt.sessions_ended.to_string())])?;
    Ok(receipt)
}

#[server(prefix = "/actions", endpoint = "change_name")]
pub async fn change_name(name: String) -> Result<(), AppError> {
    let (app, visit) = (border::app(), border::visit());
    again(|| change_name::change_name(&app, &visit, &name)).await?;
    border::lead_to("/account/profile", &[("changed", "name")])
}

/// Sends a link to the address that the account is to have; the address changes when the link is opened. The answer is
/// the same whether another account has it.
#[server(prefix = "/actions", endpoint = "change_email")]
pub async fn change_email(email: String, password: Option<String>) -> Result<(), AppError> {
    let (app, visit) = (border::app(), border::visit());
    let email = new_email::check(&app, &visit, &email)?;
    new_email::ask(&app, &visit, &border::require_fresh(password).await?, &email).await?;
    border::lead_to("/account/profile", &[("asked", email.as_str())])
}

/// Sends the link to the address that waits to be confirmed once more.
#[server(prefix = "/actions", endpoint = "resend_new_email")]
pub async fn resend_new_email() -> Result<(), AppError> {
    let what = match new_email::resend(&border::app(), &border::visit()).await {
        // Called off, or done, in another tab.
        Err(AppError::NotFound) => "gone",
        sent => sent.map(|()| "resent")?,
    };
    border::lead_to("/account/profile", &[("changed", what)])
}

#[server(prefix = "/actions", endpoint = "cancel_new_email")]
pub async fn cancel_new_email() -> Result<(), AppError> {
    let (app, visit) = (border::app(), border::visit());
    again(|| new_email::cancel(&app, &visit)).await?;
    border::lead_to("/account/profile", &[("changed", "cancelled")])
}

/// Gives the account the address that the opened link was sent to; `link` names it, as the page does. Callable by who is
/// logged in to the account that asked for it.
#[server(prefix = "/actions", endpoint = "use_new_email")]
pub async fn use_new_email(link: Option<String>) -> Result<(), AppError> {
    border::user()?;
    let token = border::require_link(link.as_deref())?;
    new_email::use_it(&border::app(), &border::visit(), &token).await?;
    border::forget(Name::Link);
    border::lead_to("/account/profile", &[("changed", "email")])
}

/// Says that something was someone else: ends everything of the account and starts a reset. `event` is an entry of
/// one's own activity; without it the link counts that this browser has opened from a mail, and `link` names it, as the
/// page does. Callable by who holds such a link, and by who is logged in. Who is logged in and has proven lately who they
/// are, or does so with `password`, makes the password useless, too, and gets the address before a denied change back;
/// where no mail can be sent, a proof is needed.
#[server(prefix = "/actions", endpoint = "not_me")]
pub async fn not_me(
    event: Option<String>,
    link: Option<String>,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    let event = event.unwrap_or_default();
    let (app, visit) = (border::app(), border::visit());
    if event.is_empty() {
        let token = border::require_link(link.as_deref())?;
        let denied = not_me::with_link(&app, &visit, &token).await?;
        // Not before the commit: whoever has to press once more needs it.
        border::forget(Name::Link);
        return tell::denied(denied);
    }
    let is_typed = password.as_ref().is_some_and(|password| !password.is_empty());
    let someone = match is_typed || not_me::needs_proof(&app, &visit)? {
        true => border::require_fresh(password).await?,
        false => border::user()?,
    };
    let denied = again(|| not_me::in_session(&app, &visit, &someone, &event)).await?;
    if !denied.stays {
        border::forget(Name::Access);
    }
    tell::denied(denied)
}

/// Calls off the removal of a second factor. Callable by who holds the link from the mail that told of it; `link` names
/// it, as the page does.
#[server(prefix = "/actions", endpoint = "keep_second_factor")]
pub async fn keep_second_factor(link: Option<String>) -> Result<(), AppError> {
    let token = border::require_link(link.as_deref())?;
    keep_factor::keep(&border::app(), &border::visit(), &token).await?;
    border::forget(Name::Link);
    border::lead_to("/second-factor/kept", &[("second_factor", "kept")])
}

/// Deletes the account of who is logged in; `confirmation` is their email address.
#[server(prefix = "/actions", endpoint = "delete_account")]
pub async fn delete_account(confirmation: String, password: Option<String>) -> Result<(), AppError> {
    let (app, visit) = (border::app(), border::visit());
    check_confirmation(&visit, &confirmation)?;
    let someone = border::require_fresh(password).await?;
    again(|| super::delete_account::delete_account(&app, &visit, &someone)).await?;
    border::forget_session();
    border::lead_to("/deleted", &[])
}
