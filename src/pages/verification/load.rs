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
    page.behind_link(found, |shown| view! { <VerifyPage shown /> }, |why| view! { <DeadLink why /> }).await
}
