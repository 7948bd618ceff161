//! Finds what `/admin/users` shows. Server side; reads only.

use leptos::prelude::*;

use super::{UsersAsked, users_page::UsersPage};
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
    people::list::{Place, Wanted, find::find},
};

/// People on one page of the list.
const PAGE_ROWS: usize = 25;

/// Longer searches are cut, in characters.
const SEARCH_CHARS_MAX: usize = 200;

/// People as the address of the page asks for them.
pub async fn users(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let asked = page.asked::<UsersAsked>();
    let (wanted, place) = (asked.wanted(), asked.place());
    let list = find(&page.app.state.db.pool, &wanted, &place, PAGE_ROWS).await?;
    let from_the_first = place == Place::First;
    shows(move || view! { <UsersPage wanted list from_the_first /> })
}

impl UsersAsked {
    fn wanted(&self) -> Wanted {
        Wanted {
            words: self.q.trim().chars().take(SEARCH_CHARS_MAX).collect(),
            role: self.role.parse().ok(),
            state: self.state.parse().ok(),
            order: self.sort.parse().unwrap_or_default(),
        }
    }

    fn place(&self) -> Place {
        match (&*self.after, &*self.before) {
            ("", "") => Place::First,
            ("", before) => Place::Before(before.to_owned()),
            (after, _) => Place::After(after.to_owned()),
        }
    }
}
