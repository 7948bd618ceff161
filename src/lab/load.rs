//! Finds what `/lab` shows. Server side.

use leptos::prelude::*;

use super::{LabPage, attacks, choose::Facts, cost, lanes, page, travel, visit::Visit, world::Lab};
use crate::{
    config::Config,
    error::AppError,
    page_request::{Found, PageRequest, shows},
    revocations::set::STALE_AFTER,
    revocations::store::KEPT_MS,
    tokens::{keys::Keys, verify::LEEWAY},
};

/// # Errors
/// [`AppError::NotFound`] where there is no Lab; when its database cannot be read.
pub async fn lab(page: &PageRequest, lab: Option<&Lab>, keys: &Keys) -> Result<Found, AppError> {
    let (lab, config) = (lab.ok_or(AppError::NotFound)?, &page.app.state.config);
    let visit = Visit::of(lab, &page.parts.headers, config).await?;
    let content = LabPage {
        visit: match &visit {
            Some(visit) => Some(visit.info(lab).await?),
            None => None,
        },
        travel: travel::load::load(lab, page, keys, visit.as_ref()).await?,
        cost: match &visit {
            Some(visit) => visit.result(lab, cost::NAME).await?,
            None => None,
        },
        lanes: lanes::load::load(lab, visit.as_ref()).await?,
        attacks: attacks::load::load(lab, visit.as_ref()).await?,
        facts: facts(config),
    };
    shows(move || view! { <page::LabPage content /> })
}

fn facts(config: &Config) -> Facts {
    let token = config.token_lifetime_seconds;
    Facts { token, leeway: LEEWAY, remembered: KEPT_MS / 1000, stale: STALE_AFTER.as_secs() }
}
