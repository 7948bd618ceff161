//! Finds what the pages of getting in show. Server side; reads only.

use leptos::prelude::*;

use super::{code_page::CodePage, confirm_page::ConfirmPage, page::LoginPage};
use crate::{
    auth::{
        second_factor::store,
        sessions::{Ended, half_log_in::HalfLogIn},
    },
    base::{config::Mailing, error::AppError},
    pages::request::{Found, PageRequest, elsewhere, shows},
    web::{
        cookies,
        cookies::Name,
        local_path::LocalPath,
        page::{Held, Refused},
    },
};

pub fn log_in(page: &PageRequest) -> Result<Found, AppError> {
    let ended = page.parts.extensions.get::<Ended>().copied();
    let next = page.asked.next.clone();
    let mailing = page.app.state.config.mailing();
    let (sends_mail, confirms_addresses) = (mailing != Mailing::Off, mailing == Mailing::Smtp);
    let wanted = LocalPath::parse(&next).is_some();
    let remember_days = page.app.state.config.remembered_lifetime_days;
    page.visitors_only(move || view! { <LoginPage ended next wanted sends_mail confirms_addresses remember_days /> })
}

/// Without the first half of a login there is no second one.
pub async fn code(page: &PageRequest) -> Result<Found, AppError> {
    if page.someone.is_some() {
        return page.visitors_only(|| ());
    }
    let (state, now_ms) = (&page.app.state, page.app.now_ms());
    let sealed = cookies::get(&state.config, &page.parts.headers, Name::LogIn);
    let half = sealed.and_then(|sealed| HalfLogIn::open(&page.app.secret, sealed, now_ms));
    let Some(half) = half else { return elsewhere("/login") };
    let email = match half.user(state, &page.app.secret).await {
        Ok(user) => user.email,
        Err(AppError::LogInAgain) => return elsewhere("/login"),
        Err(error) => return Err(error),
    };
    let goes_at = store::goes_at(&state.db.pool, &half.user_id, now_ms).await?;
    let (recovery, trust_days) = (page.asked.with == "recovery", state.config.trusted_device_days);
    shows(move || view! { <CodePage email half=half.id recovery trust_days goes_at /> })
}

/// Stands in the address of [`confirm`] where a fresh proof is not enough, as for the `max_age` of an application.
pub const ANEW: &str = "anew";

/// For whoever is logged in, or comes with an act that waits; `act`: what it will do. Who has a fresh proof and comes by the
/// address alone, as by "Back", is led on.
pub fn confirm(page: &PageRequest, act: Option<String>) -> Result<Found, AppError> {
    let is_refused = page.parts.extensions.get::<Refused>().is_some();
    if !is_refused && page.asked.with != ANEW && page.fresh_user().is_ok() {
        return page.go_on();
    }
    let held = page.parts.extensions.get::<Held>().cloned();
    let (email, next) = match &held {
        None => (Some(page.user()?.user.email.clone()), page.asked.next.clone()),
        Some(_) => (page.someone.as_ref().map(|someone| someone.user.email.clone()), String::new()),
    };
    shows(move || view! { <ConfirmPage email next held act /> })
}
