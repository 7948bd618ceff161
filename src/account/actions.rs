//! The border of one's own account. Actions, both sides.

use leptos::prelude::*;

use crate::{error::AppError, sessions::Receipt};

/// Ends the session `sid` of one's own, on whatever device it is. Callable by who is logged in and has proven lately
/// who they are, or does so with `password`.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::ProofNeeded`], [`AppError::WrongPassword`].
#[server(prefix = "/actions", endpoint = "end_session")]
pub async fn end_session(sid: String, password: Option<String>) -> Result<Receipt, AppError> {
    use crate::{
        account::end_sessions,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    let typed = Typed::new(&[("sid", &sid)]);
    act_with_proof(typed, async move { end_sessions::end_one(require_fresh(password).await?, &sid).await }).await
}

/// Ends all sessions of one's own except that of this browser. Callable as [`end_session`].
///
/// # Errors
/// As [`end_session`].
#[server(prefix = "/actions", endpoint = "end_other_sessions")]
pub async fn end_other_sessions(password: Option<String>) -> Result<Receipt, AppError> {
    use crate::{
        account::end_sessions,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { end_sessions::end_others(require_fresh(password).await?).await })
        .await
}

/// Begins to set up a second factor: makes a secret for the app, in place of one that was never used. Callable as
/// [`end_session`].
///
/// # Errors
/// As [`end_session`], and [`AppError::NotVerified`] where the e-mail is not confirmed.
#[server(prefix = "/actions", endpoint = "start_second_factor")]
pub async fn start_second_factor(password: Option<String>) -> Result<(), AppError> {
    use crate::{
        account::second_factor,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { second_factor::start(require_fresh(password).await?).await }).await
}

/// Turns the second factor on with the first code of the app, shows ten recovery codes, and ends every other session.
/// Callable as [`end_session`].
///
/// # Errors
/// As [`start_second_factor`], [`AppError::Invalid`], [`AppError::WrongCode`].
#[server(prefix = "/actions", endpoint = "turn_on_second_factor")]
pub async fn turn_on_second_factor(code: String, password: Option<String>) -> Result<Receipt, AppError> {
    use crate::{
        account::second_factor,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    let typed = Typed::new(&[("code", &code)]);
    act_with_proof(typed, async move { second_factor::turn_on(require_fresh(password).await?, &code).await }).await
}

/// Makes and shows ten new recovery codes; those before are dead. Callable as [`end_session`].
///
/// # Errors
/// As [`end_session`].
#[server(prefix = "/actions", endpoint = "make_recovery_codes")]
pub async fn make_recovery_codes(password: Option<String>) -> Result<(), AppError> {
    use crate::{
        account::second_factor,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { second_factor::make_codes(require_fresh(password).await?).await })
        .await
}

/// Turns the second factor off, removes the recovery codes and all trust, and ends every other session. Callable as
/// [`end_session`].
///
/// # Errors
/// As [`end_session`].
#[server(prefix = "/actions", endpoint = "turn_off_second_factor")]
pub async fn turn_off_second_factor(password: Option<String>) -> Result<Receipt, AppError> {
    use crate::{
        account::second_factor,
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::default(), async move { second_factor::turn_off(require_fresh(password).await?).await }).await
}

/// Takes the trust from one device of one's own: log-in asks for a code there. Callable by who is logged in.
///
/// # Errors
/// [`AppError::NotLoggedIn`].
#[server(prefix = "/actions", endpoint = "forget_device")]
pub async fn forget_device(device: String) -> Result<(), AppError> {
    use crate::{
        account::second_factor,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), second_factor::forget_device(&device)).await
}

/// Changes the password of who is logged in; `password` is the one that counts now. Ends every other session, and
/// gives this one a new secret.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::WrongPassword`], [`AppError::Invalid`] for what is missing or the new one.
#[server(prefix = "/actions", endpoint = "change_password")]
pub async fn change_password(password: Option<String>, new_password: String) -> Result<Receipt, AppError> {
    use crate::{
        account::change_password,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), change_password::change_password(password, new_password)).await
}

/// Changes the name of who is logged in.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::Invalid`].
#[server(prefix = "/actions", endpoint = "change_name")]
pub async fn change_name(name: String) -> Result<(), AppError> {
    use crate::{
        account::change_name,
        web::{action::act, page::Typed},
    };
    let typed = Typed::new(&[("name", &name)]);
    act(typed, change_name::change_name(name)).await
}

/// Sends a link to the address that the account is to have; the address changes when the link is opened. The answer is
/// the same whether another account has it. Callable by who is logged in and has proven lately who they are, or does so
/// with `password`.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::MailOff`], [`AppError::Invalid`], [`AppError::ProofNeeded`],
/// [`AppError::WrongPassword`].
#[server(prefix = "/actions", endpoint = "change_email")]
pub async fn change_email(email: String, password: Option<String>) -> Result<(), AppError> {
    use crate::{
        account::new_email,
        web::{action::act_with_proof, page::Typed},
    };
    let typed = Typed::new(&[("email", &email)]);
    act_with_proof(typed, new_email::ask(email, password)).await
}

/// Gives the account the address that the opened link was sent to; `link` names it, as the page does. Callable by who is
/// logged in to the account that asked for it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::LinkDead`], [`AppError::OtherLink`], [`AppError::EmailTaken`].
#[server(prefix = "/actions", endpoint = "use_new_email")]
pub async fn use_new_email(link: Option<String>) -> Result<(), AppError> {
    use crate::{
        account::new_email,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), new_email::use_it(link)).await
}

/// Says that something was somebody else: ends everything of the account and starts a reset. `event` is an entry of
/// one's own activity; without it the link counts that this browser has opened from a mail, and `link` names it, as the
/// page does. Callable by who holds such a link, and by who is logged in; with a recent proof of identity where no mail
/// can be sent.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotFound`], [`AppError::LinkDead`], [`AppError::OtherLink`],
/// [`AppError::ProofNeeded`], [`AppError::WrongPassword`].
#[server(prefix = "/actions", endpoint = "not_me")]
pub async fn not_me(
    event: Option<String>,
    link: Option<String>,
    password: Option<String>,
) -> Result<Receipt, AppError> {
    use crate::{
        account::not_me,
        web::{action::act_with_proof, page::Typed},
    };
    let event = event.unwrap_or_default();
    act_with_proof(Typed::new(&[("event", &event)]), not_me::not_me(&event, link, password)).await
}

/// Deletes the account of who is logged in; `confirmation` is their e-mail address. Callable as [`end_session`].
///
/// # Errors
/// As [`end_session`]; [`AppError::Invalid`] for the confirmation, [`AppError::LastAdministrator`].
#[server(prefix = "/actions", endpoint = "delete_account")]
pub async fn delete_account(confirmation: String, password: Option<String>) -> Result<(), AppError> {
    use crate::{
        account::delete_account::{check_confirmation, delete_account},
        sessions::guard::require_fresh,
        web::{action::act_with_proof, page::Typed},
    };
    act_with_proof(Typed::new(&[("confirmation", &confirmation)]), async move {
        check_confirmation(&confirmation)?;
        delete_account(require_fresh(password).await?).await
    })
    .await
}
