//! The border of forgotten passwords. Actions, both sides.

use leptos::prelude::*;

use crate::error::AppError;

/// Sends the link to choose a new password. Callable by anyone; the answer is the same for every address.
///
/// # Errors
/// [`AppError::Invalid`] for what is no address; [`AppError::MailOff`].
#[server(prefix = "/actions", endpoint = "forgot_password")]
pub async fn forgot_password(email: String) -> Result<(), AppError> {
    use crate::{
        reset::reset_password,
        web::{action::act, page::Typed},
    };
    let typed = Typed::new(&[("email", &email)]);
    act(typed, reset_password::forgot(email)).await
}

/// Sets the password of the account that the opened link is of, and ends everything of it; `link` names it, as the page
/// does. Logs nobody in. Callable by who holds the link.
///
/// # Errors
/// [`AppError::LinkDead`], [`AppError::OtherLink`]; [`AppError::Invalid`] for the password, and then the link works on.
#[server(prefix = "/actions", endpoint = "reset_password")]
pub async fn reset_password(password: String, link: Option<String>) -> Result<(), AppError> {
    use crate::{
        reset::reset_password,
        web::{action::act, page::Typed},
    };
    act(Typed::default(), reset_password::reset(password, link)).await
}
