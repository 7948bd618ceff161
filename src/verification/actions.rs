//! The border of confirming an address. Actions, both sides.

use leptos::prelude::*;

use crate::error::AppError;

/// Confirms the address of the account that the opened link is of, and logs in. Callable by who holds the link, with
/// the password of the account, or logged in to it; `link` names the link, as the page does.
///
/// # Errors
/// [`AppError::LinkDead`], [`AppError::OtherLink`], [`AppError::WrongPassword`], [`AppError::Invalid`] without a password.
#[server(prefix = "/actions", endpoint = "verify")]
pub async fn verify(password: Option<String>, link: Option<String>) -> Result<(), AppError> {
    use crate::{
        verification::verify,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), verify::verify(password, link)).await
}

/// Sends the link once more that confirms this address. Callable by anyone; the answer is the same for every address.
///
/// # Errors
/// [`AppError::Invalid`] for what is no address; [`AppError::MailOff`].
#[server(prefix = "/actions", endpoint = "send_verification")]
pub async fn send_verification(email: String) -> Result<(), AppError> {
    use crate::{
        verification::send,
        web::{action::act, page::Typed},
    };
    let typed = Typed::new(&[("email", &email)]);
    act(typed, send::to_address(email)).await
}

/// Sends the link once more that confirms one's own address, and goes back to the page of the form. Callable by who is
/// logged in.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::MailOff`].
#[server(prefix = "/actions", endpoint = "resend_verification")]
pub async fn resend_verification() -> Result<(), AppError> {
    use crate::{
        verification::send,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), send::to_oneself()).await
}
