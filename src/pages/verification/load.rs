//! Finds what the page of a link shows. Server side; reads only.

use leptos::prelude::*;

use super::{
    page::{DeadLink, VerifyPage},
    verify::{is_logged_in, waiting},
};
use crate::{
    auth::users::store::User,
    base::error::AppError,
    pages::request::{Found, PageRequest},
};

pub async fn verify(page: &PageRequest) -> Result<Found, AppError> {
    let someone = page.someone.clone();
    let is_confirmed = someone.as_ref().is_some_and(|someone| someone.user.verified_at.is_some());
    let find = |token| waiting(&page.app.state, token);
    let show = move |user: User, link| {
        let asks_for_password = !is_logged_in(&user, someone.as_ref());
        view! { <VerifyPage email=user.email asks_for_password link /> }
    };
    page.behind_link(find, show, move |why| view! { <DeadLink why is_confirmed /> }).await
}
