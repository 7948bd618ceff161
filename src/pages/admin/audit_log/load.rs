//! Finds what `/admin/audit` shows. Server side; reads only.

use leptos::prelude::*;

use super::{filter::resolve, page::AuditPage};
use crate::{
    audit::log::{
        Filter, Slice,
        store::{LogRow, slice},
    },
    base::{error::AppError, state::AppState},
    pages::request::{Found, PageRequest, as_typed, shows},
};

/// Events on one page.
const EVENTS: usize = 50;

/// On the page of a person.
const EVENTS_OF_ONE: usize = 20;

pub async fn audit(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let state = &page.app.state;
    let resolved = resolve(state, &as_typed(&page.parts.uri)).await?;
    let found = match resolved.is_understood() {
        true => slice(&state.db.pool, &resolved.filter, &resolved.exact.before, EVENTS).await?,
        false => Slice::default(),
    };
    shows(move || view! { <AuditPage resolved found /> })
}

/// The newest that happened to a user, for the page of that person.
pub async fn newest_of(state: &AppState, user_id: &str) -> Result<Vec<LogRow>, AppError> {
    let filter = Filter { subject: Some(user_id.to_owned()), ..Filter::default() };
    Ok(slice(&state.db.pool, &filter, "", EVENTS_OF_ONE).await?.rows)
}
