//! Finds what the page of the first administrator shows. Server side; reads only.

use leptos::prelude::*;

use super::{page::SetupPage, setup_link};
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
};

pub async fn set_up(page: &PageRequest) -> Result<Found, AppError> {
    let link = setup_link::open(&page.app.state, page.link.as_deref()).await?;
    shows(move || view! { <SetupPage link /> })
}
