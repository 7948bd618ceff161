//! Finds what `/lab` shows. Server side.

use leptos::prelude::*;

use super::{attacks, choose::Facts, cost, lanes, page::LabPage, travel, visit::Visit, world::Lab};
use crate::{
    auth::{
        revocations::{set::STALE_AFTER, store::KEPT_MS},
        tokens::verify::LEEWAY,
    },
    base::{config::Config, error::AppError},
    pages::request::{Found, PageRequest, shows},
    web::guards::Guards,
};

pub async fn lab(page: &PageRequest, lab: &Lab) -> Result<Found, AppError> {
    let config = &page.app.state.config;
    let keys = &page.parts.extensions.get::<Guards>().ok_or_else(AppError::internal)?.keys;
    let found = Visit::of(lab, &page.parts.headers, config).await?;
    let (visit, cost) = match &found {
        Some(visit) => (Some(visit.info(lab).await?), visit.result(lab, cost::NAME).await?),
        None => (None, None),
    };
    let travel = travel::decode::load(lab, page, keys, found.as_ref()).await?;
    let lanes = lanes::run::load(lab, found.as_ref()).await?;
    let attacks = attacks::run::load(lab, found.as_ref()).await?;
    let facts = facts(config);
    shows(move || view! { <LabPage visit travel cost lanes attacks facts /> })
}

fn facts(config: &Config) -> Facts {
    let token = config.token_lifetime_seconds;
    Facts { token, leeway: LEEWAY, remembered: KEPT_MS / 1000, stale: STALE_AFTER.as_secs() }
}
