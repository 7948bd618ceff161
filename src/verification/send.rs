//! The stories of sending the link that confirms an address once more. Server side.

use leptos::prelude::expect_context;

use super::SENT;
use crate::{
    config::Mailing,
    error::AppError,
    mail::{self, Mail, To},
    sessions::guard,
    state::AppState,
    throttle::{self, Way},
    users::credentials::Email,
    web::{
        action::{extension, tell_next_page},
        form_page::FormPage,
        page::Typed,
    },
};

/// Looks nothing up: whether there is an account, and whether it waits, is found out when the mail is written, where
/// nobody can measure it (ASVS 6.3.8).
pub async fn to_address(email: String) -> Result<(), AppError> {
    let email = Email::parse(&email)?;
    let state = mailing_state()?;
    let _counted = throttle::admit(Way::Mail).await?;
    let to = To { email: email.as_str(), user_id: "" };
    mail::queue(&state.db.pool, &state, to, &Mail::Verify).await?;
    tell_next_page(&Typed::new(&[("email", email.as_str()), ("again", "yes")]));
    leptos_axum::redirect(SENT);
    Ok(())
}

pub async fn to_oneself() -> Result<(), AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let state = mailing_state()?;
    let _counted = throttle::admit(Way::Mail).await?;
    let to = To { email: &someone.user.email, user_id: &someone.user.id };
    mail::queue(&state.db.pool, &state, to, &Mail::Verify).await?;
    tell_next_page(&Typed::new(&[("verification", "sent")]));
    leptos_axum::redirect(extension::<FormPage>().as_ref().map_or("/dashboard", |page| &page.0));
    Ok(())
}

fn mailing_state() -> Result<AppState, AppError> {
    let state = expect_context::<AppState>();
    if state.config.mailing() == Mailing::Off { Err(AppError::MailOff) } else { Ok(state) }
}
