//! Finds what the pages of a forgotten password show. Server side; reads only.

use leptos::prelude::*;

use super::{
    forgot_page::ForgotPage,
    page::{DeadLink, ResetPage},
    reset_password::open,
};
use crate::{
    base::{config::Mailing, error::AppError},
    pages::request::{Found, PageRequest, shows},
};

pub fn forgot(page: &PageRequest) -> Result<Found, AppError> {
    let sends_mail = page.app.state.config.mailing() != Mailing::Off;
    shows(move || view! { <ForgotPage sends_mail /> })
}

pub async fn reset(page: &PageRequest) -> Result<Found, AppError> {
    let found = open(&page.app.state, page.link.as_deref());
    page.behind_link(found, |shown| view! { <ResetPage shown /> }, |why| view! { <DeadLink why /> }).await
}
