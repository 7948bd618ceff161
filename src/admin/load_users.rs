//! What `/admin/users` shows. Who may see it is the first argument. Server side; reads only.

use super::{UsersAsked, UsersPage};
use crate::{
    error::AppError,
    sessions::guard::Overseer,
    state::AppState,
    users::list::{Place, Wanted, find::find},
};

/// People on one page of the list.
const PAGE_ROWS: usize = 25;

/// Longer searches are cut, in characters.
const SEARCH_CHARS_MAX: usize = 200;

/// People as the address of the page asks for them.
///
/// # Errors
/// When the database cannot be read.
pub async fn users(_: &Overseer, state: &AppState, asked: &UsersAsked) -> Result<UsersPage, AppError> {
    let (wanted, place) = (asked.wanted(), asked.place());
    let list = find(&state.db.pool, &wanted, &place, PAGE_ROWS).await?;
    Ok(UsersPage { from_the_first: place == Place::First, wanted, list })
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
