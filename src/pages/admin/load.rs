//! Finds what the pages of the keys show. Server side; reads only.

use leptos::prelude::*;

use super::{key_page::KeyPage, keys_page::KeysPage};
use crate::{
    auth::tokens::{KeyPurpose, KeyState, keys::Keys},
    base::error::AppError,
    pages::request::{Found, PageRequest, shows},
};

/// Every signing key that the database knows.
pub async fn keys(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let (state, now_ms) = (&page.app.state, page.app.now_ms());
    let keys = Keys::list(state).await?;
    let signing = keys.iter().find(|key| key.purpose == KeyPurpose::All && key.state == KeyState::Signing);
    let signing_since_ms = signing.map_or(0, |key| now_ms - key.signs_from);
    let (algorithm, lead_seconds) = (state.config.token_algorithm.into_str(), state.config.key_lead_seconds);
    shows(move || view! { <KeysPage keys algorithm lead_seconds signing_since_ms /> })
}

/// One signing key.
pub async fn key(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let keys = Keys::list(&page.app.state).await?;
    let info = keys.into_iter().find(|key| key.kid == page.id()).ok_or(AppError::NotFound)?;
    shows(move || view! { <KeyPage info /> })
}
