//! Where actions and stories meet: who visits is read from the request, and what a story brought about is given to the
//! browser. Server side.

use axum::http::request::Parts;
use leptos::prelude::{expect_context, use_context};

use super::{
    action::{Since, append_cookie, caller, extension, tell_next_page},
    cookies,
    cookies::Name,
    link_cookie,
    page::Flash,
    session::find_user::secret_cookie,
};
use crate::{
    auth::{
        app::App,
        known_devices::{Device, KEEP_DAYS},
        links,
        log_in::{LogInResult, Started},
        reauthenticate,
        reauthenticate::Proven,
        sessions::{
            guard::{Administrator, LoggedIn},
            half_log_in::LIFETIME_MS,
            secret::NewSecret,
        },
        visit::Visit,
    },
    base::{error::AppError, lock::lock},
};

/// What the action that runs now works with.
pub fn app() -> App {
    expect_context()
}

/// Who calls the action that runs now.
pub fn visit() -> Visit {
    let device = cookie(Name::Device).as_deref().and_then(Device::parse);
    Visit { caller: caller(), device, someone: extension::<LoggedIn>() }
}

pub fn user() -> Result<LoggedIn, AppError> {
    extension::<LoggedIn>().ok_or(AppError::NotLoggedIn)
}

/// What this browser brings in the cookie of this name.
pub fn cookie(name: Name) -> Option<String> {
    cookies::get(&app().state.config, &use_context::<Parts>()?.headers, name).map(str::to_owned)
}

/// The token of the link that this browser opened last. The form was made for the link of this [name](links::name_of): what
/// is done is what the page said, or nothing.
///
/// # Errors
/// [`AppError::LinkDead`] when there is none, [`AppError::OtherLink`] when it is not the one that the page was about.
pub fn require_link(name: Option<&str>) -> Result<String, AppError> {
    let parts = use_context::<Parts>().ok_or(AppError::LinkDead)?;
    let token = link_cookie::token(&parts.headers, &app().state.config).ok_or(AppError::LinkDead)?;
    if name == Some(&*links::name_of(&token)) { Ok(token) } else { Err(AppError::OtherLink) }
}

/// As [`reauthenticate::require_fresh`], for the action that runs now; gives the browser its new secret, whatever becomes of
/// the act.
pub async fn require_fresh(password: Option<String>) -> Result<LoggedIn, AppError> {
    let Proven { someone, new_secret } = reauthenticate::require_fresh(&app(), &visit(), password).await?;
    keep_secret(new_secret.as_ref());
    if let Some(Since(since)) = extension() {
        *lock(&since) = Some(someone.clone());
    }
    Ok(someone)
}

/// As [`require_fresh`], for administrators: everyone else is refused before any password is looked at.
pub async fn require_fresh_admin(password: Option<String>) -> Result<Administrator, AppError> {
    require_admin()?;
    require_fresh(password).await.map(Administrator)
}

/// The administrator of the action that runs now, however old the proof: to look at what was typed before a password
/// is asked for.
pub fn require_admin() -> Result<Administrator, AppError> {
    Administrator::check(user()?)
}

/// Gives the browser what a login has led to, and returns the page to go on to: `next`, or that of the code.
pub fn keep_log_in<'a>(result: &LogInResult, next: &'a str) -> &'a str {
    match result {
        LogInResult::Started(started) => {
            keep_started(started);
            next
        }
        LogInResult::CodeNeeded(sealed) => {
            append_cookie(cookies::set(&app().state.config, Name::LogIn, sealed, LIFETIME_MS / 1000));
            "/login/code"
        }
    }
}

pub fn keep_started(started: &Started) {
    keep_secret(Some(&started.session));
    keep_device(&started.device);
}

/// The access token of before names the session or the proof of before; the next page, or the notes, get one that names
/// this.
pub fn keep_secret(new: Option<&NewSecret>) {
    if let Some(new) = new {
        append_cookie(secret_cookie(&app().state, new));
        forget(Name::Access);
    }
}

pub fn keep_device(device: &Device) {
    append_cookie(cookies::set(&app().state.config, Name::Device, device.expose(), KEEP_DAYS * 24 * 3600));
}

/// Leads to a page, and to none but it, which says what happened, if it is told anything: the end of most actions, and
/// never an error.
pub fn lead_to(page: &str, told: &[(&str, &str)]) -> Result<(), AppError> {
    if !told.is_empty() {
        tell_next_page(page, &Flash::new(told));
    }
    leptos_axum::redirect(page);
    Ok(())
}

/// Takes the session and its token out of the browser.
pub fn forget_session() {
    forget(Name::Session);
    forget(Name::Access);
}

pub fn forget(name: Name) {
    append_cookie(cookies::remove(&app().state.config, name));
}
