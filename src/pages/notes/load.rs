//! `/notes`: the frame comes from the session, everything in it from the API. Server side.

use leptos::prelude::*;

use super::page::Section;
use crate::{
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
    ui::{frame::Page, notice::Notice},
    web::page::token_life,
};

pub fn notes(page: &PageRequest) -> Result<Found, AppError> {
    let user_id = page.user()?.user.id.clone();
    shows(move || {
        view! {
            <Page title="Notes">
                <noscript>
                    <Notice kind="warning">"Notes need JavaScript, because your browser loads them from the API. The rest of Latchkey works without it."</Notice>
                </noscript>
                <Section user_id token_life=token_life() />
            </Page>
        }
    })
}
