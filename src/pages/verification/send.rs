//! The stories of sending a link to whoever asks for one: to confirm an address, to choose a new password. Server side.

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

/// Looks nothing up: whether there is an account that this mail is for is found out when it is written, where no one
/// can measure it (ASVS 6.3.8). Returns the address that it goes to.
///
/// # Errors
/// [`AppError::Invalid`] for what is no address; [`AppError::MailOff`], [`AppError::TooManyTries`].
pub async fn to_address(app: &App, visit: &Visit, email: &str, mail: &Mail) -> Result<Email, AppError> {
    let email = Email::parse(email)?;
    send(app, visit, To { email: email.as_str(), user_id: "" }, mail).await?;
    Ok(email)
}

/// Sends the link that confirms one's own address once more.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::MailOff`], [`AppError::TooManyTries`].
pub async fn to_oneself(app: &App, visit: &Visit) -> Result<(), AppError> {
    let user = &visit.user()?.user;
    send(app, visit, To { email: &user.email, user_id: &user.id }, &Mail::Verify).await
}

async fn send(app: &App, visit: &Visit, to: To<'_>, mail: &Mail) -> Result<(), AppError> {
    if app.state.config.mailing() == Mailing::Off {
        return Err(AppError::MailOff);
    }
    let _counted = app.throttle.admit(Way::Mail, &visit.caller.ip).await?;
    again(|| outbox::queue(&app.state.db.pool, &app.state, to, mail)).await
}
