//! Finds what `/admin/users` shows. Server side; reads only.

use std::str::FromStr;

use leptos::prelude::*;
use serde::Deserialize;

use super::users_page::{SEARCH_CHARS_MAX, UsersPage};
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
    people::list::{Page, Place, Wanted, find::find},
};

/// People on one page of the list.
const PAGE_ROWS: usize = 25;

/// What may stand in the address. An order or a place that is not understood counts as if it were not there.
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

pub async fn users(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let Asked { q, role, state, sort, after, before } = page.asked();
    let mut problems = Vec::new();
    let wanted = Wanted {
        words: q.trim().chars().take(SEARCH_CHARS_MAX).collect(),
        role: understood(&role, "There is no such role.", &mut problems),
        state: understood(&state, "There is no such state.", &mut problems),
        order: sort.parse().unwrap_or_default(),
    };
    let place = match (&*after, &*before) {
        ("", "") => Place::First,
        ("", _) => Place::Before(before),
        _ => Place::After(after),
    };
    let list = match problems.is_empty() {
        true => find(&page.app.state.db.pool, &wanted, &place, PAGE_ROWS).await?,
        false => Page::default(),
    };
    let from_the_first = place == Place::First;
    shows(move || view! { <UsersPage wanted problems list from_the_first /> })
}

/// A filter that is not understood is said, and never taken for "any".
fn understood<T: FromStr>(text: &str, problem: &str, problems: &mut Vec<String>) -> Option<T> {
    let found = text.parse().ok();
    if found.is_none() && !text.is_empty() {
        problems.push(problem.to_owned());
    }
    found
}
