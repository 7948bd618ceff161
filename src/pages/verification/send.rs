//! The stories of sending the link that confirms an address once more. Server side.

use crate::{
    auth::{
        app::App,
        outbox,
        outbox::{Mail, To},
        throttle::Way,
        visit::Visit,
    },
    base::{config::Mailing, db::again, email::Email, error::AppError},
};

/// Looks nothing up: whether there is an account, and whether it waits, is found out when the mail is written, where
/// no one can measure it (ASVS 6.3.8). Returns the address that the mail goes to.
///
/// # Errors
/// [`AppError::Invalid`] for what is no address; [`AppError::MailOff`], [`AppError::TooManyTries`].
pub async fn to_address(app: &App, visit: &Visit, email: &str) -> Result<Email, AppError> {
    let email = Email::parse(email)?;
    send(app, visit, To { email: email.as_str(), user_id: "" }).await?;
    Ok(email)
}

/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::MailOff`], [`AppError::TooManyTries`].
pub async fn to_oneself(app: &App, visit: &Visit) -> Result<(), AppError> {
    let user = &visit.user()?.user;
    send(app, visit, To { email: &user.email, user_id: &user.id }).await
}

async fn send(app: &App, visit: &Visit, to: To<'_>) -> Result<(), AppError> {
    if app.state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let _counted = app.throttle.admit(Way::Mail, &visit.caller.ip).await?;
    again(|| outbox::queue(&app.state.db.pool, &app.state, to, &Mail::Verify)).await
}
