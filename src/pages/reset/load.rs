//! Finds what the pages of a forgotten password show. Server side; reads only.

use leptos::prelude::*;

use super::{
    forgot_page::ForgotPage,
    page::{DeadLink, ResetPage},
    reset_password::holder,
};
use crate::{
    auth::users::store::User,
    base::{config::Mailing, error::AppError},
    pages::request::{Found, PageRequest, shows},
};

pub fn forgot(page: &PageRequest) -> Result<Found, AppError> {
    let sends_mail = page.app.state.config.mailing() != Mailing::Off;
    shows(move || view! { <ForgotPage sends_mail /> })
}

pub async fn reset(page: &PageRequest) -> Result<Found, AppError> {
    let find = |token| holder(&page.app.state, token);
    let show = |user: User, link| view! { <ResetPage email=user.email name=user.name link /> };
    page.behind_link(find, show, |why| view! { <DeadLink why /> }).await
}
