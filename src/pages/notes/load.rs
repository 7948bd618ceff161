//! Finds whose notes the page is for. Server side.

use leptos::prelude::*;

use super::page::NotesPage;
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
};

pub fn notes(page: &PageRequest) -> Result<Found, AppError> {
    let user_id = page.user()?.user.id.clone();
    shows(move || view! { <NotesPage user_id /> })
}
