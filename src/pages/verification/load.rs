//! Finds what the page of a link shows. Server side; reads only.

use leptos::prelude::*;

use super::{
    page::{DeadLink, VerifyPage},
    verify::open,
};
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest},
};

pub async fn verify(page: &PageRequest) -> Result<Found, AppError> {
    let found = open(&page.app.state, page.link.as_deref(), page.someone.as_ref());
    let is_confirmed = page.someone.as_ref().is_some_and(|someone| someone.user.verified_at.is_some());
    page.behind_link(found, |shown| view! { <VerifyPage shown /> }, move |why| view! { <DeadLink why is_confirmed /> })
        .await
}
