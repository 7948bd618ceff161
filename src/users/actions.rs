//! The border of choosing a password. Actions, both sides.

use leptos::prelude::*;

use super::Judgement;
use crate::error::AppError;

/// Says how strong a new password is, while it is typed; `email` and `name` are what the person has typed beside it.
/// Keeps nothing and logs nothing of it. Callable by anyone.
///
/// # Errors
/// [`AppError::Invalid`] where there is no password, [`AppError::Busy`] when too many ask at
/// once, [`AppError::TooManyTries`] when one network asks all the time.
#[server(prefix = "/actions", endpoint = "password_strength")]
pub async fn password_strength(
    password: String,
    email: Option<String>,
    name: Option<String>,
) -> Result<Judgement, AppError> {
    use crate::{
        border,
        users::new_password::About,
        web::{action::act, page::Typed},
    };
    // Throttling by address belongs here, before any work.
    let (email, name) = (email.unwrap_or_default(), name.unwrap_or_default());
    act(Typed::default(), async move {
        let app = border::app();
        app.questions.admit(&border::visit().caller.ip, app.now_ms())?;
        let assessment = app.passwords.assess(password, &About { email: &email, name: &name }).await?;
        Ok(assessment.judgement())
    })
    .await
}
