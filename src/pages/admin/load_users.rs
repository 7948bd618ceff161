//! Finds what `/admin/users` shows. Server side; reads only.

use leptos::prelude::*;
use serde::Deserialize;

use super::users_page::UsersPage;
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
    people::list::{Place, Wanted, find::find},
};

/// People on one page of the list.
const PAGE_ROWS: usize = 25;

/// Longer searches are cut, in characters.
const SEARCH_CHARS_MAX: usize = 200;

/// What may stand in the address. What is not understood counts as if it were not there.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Beginnings of words of a name or an address.
    q: String,
    role: String,
    state: String,
    sort: String,
    /// The id of the last person on the page before.
    after: String,
    /// The id of the first person on the page behind.
    before: String,
}

/// People as the address of the page asks for them.
pub async fn users(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let Asked { q, role, state, sort, after, before } = page.asked();
    let wanted = Wanted {
        words: q.trim().chars().take(SEARCH_CHARS_MAX).collect(),
        role: role.parse().ok(),
        state: state.parse().ok(),
        order: sort.parse().unwrap_or_default(),
    };
    let place = match (&*after, &*before) {
        ("", "") => Place::First,
        ("", _) => Place::Before(before),
        _ => Place::After(after),
    };
    let list = find(&page.app.state.db.pool, &wanted, &place, PAGE_ROWS).await?;
    let from_the_first = place == Place::First;
    shows(move || view! { <UsersPage wanted list from_the_first /> })
}
