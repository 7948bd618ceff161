//! The story of an experiment: count it, run it, keep what it showed, show it. Server side.

use super::{list, role, sessions, thief, tokens};
use crate::{base::error::AppError, lab::begin};

pub async fn run(id: &str) -> Result<(), AppError> {
    let lab = begin::here()?;
    let about = list::find(id).ok_or(AppError::BadRequest)?;
    let mut visit = begin::visit_for_experiment(&lab).await?;
    let outcome = match about.id {
        "payload" => tokens::payload(&lab, &mut visit).await?,
        "none" => tokens::none(&lab, &mut visit).await?,
        "other-key" => tokens::other_key(&lab, &mut visit).await?,
        "replay" => sessions::replay(&lab, &mut visit).await?,
        "expired" => tokens::expired(&lab, &mut visit).await?,
        "cross-site" => sessions::cross_site(&lab, &mut visit).await?,
        "steal" => sessions::steal(&lab, &mut visit).await?,
        list::OLD_SECRET => thief::old_secret(&lab, &mut visit).await?,
        "role" => role::role(&lab, &mut visit).await?,
        _ => return Err(AppError::BadRequest),
    };
    visit.keep_browser(&lab).await?;
    visit.keep_result(&lab, &kept_as(about.id), &outcome).await?;
    // Whoever was logged out by it is in again, for the next one.
    visit.ensure_logged_in(&lab).await?;
    leptos_axum::redirect(&format!("/lab?run={}#{}", outcome.ran_at, about.id));
    Ok(())
}

pub fn kept_as(id: &str) -> String {
    format!("attack-{id}")
}
