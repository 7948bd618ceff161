//! What `/lab` shows. Server side.

use axum::http::HeaderMap;

use super::{LabPage, attacks, choose::Facts, cost, lanes, travel, visit::Visit, world::Lab};
use crate::{
    config::Config,
    error::AppError,
    revocations::set::STALE_AFTER,
    revocations::store::KEPT_MS,
    sessions::guard::LoggedIn,
    state::AppState,
    tokens::{keys::Keys, verify::LEEWAY},
};

/// Who looks at the page, in this world: the Lab's own is another one.
pub struct Asker<'a> {
    pub state: &'a AppState,
    pub keys: &'a Keys,
    pub headers: &'a HeaderMap,
    pub someone: Option<&'a LoggedIn>,
}

/// # Errors
/// [`AppError::NotFound`] where there is no Lab; when its database cannot be read.
pub async fn load(lab: Option<&Lab>, asker: &Asker<'_>) -> Result<LabPage, AppError> {
    let lab = lab.ok_or(AppError::NotFound)?;
    let visit = Visit::of(lab, asker.headers, &asker.state.config).await?;
    Ok(LabPage {
        visit: match &visit {
            Some(visit) => Some(visit.info(lab).await?),
            None => None,
        },
        travel: travel::load::load(lab, asker, visit.as_ref()).await?,
        cost: match &visit {
            Some(visit) => visit.result(lab, cost::NAME).await?,
            None => None,
        },
        lanes: lanes::load::load(lab, visit.as_ref()).await?,
        attacks: attacks::load::load(lab, visit.as_ref()).await?,
        facts: facts(&asker.state.config),
    })
}

fn facts(config: &Config) -> Facts {
    let token = config.token_lifetime_seconds;
    Facts { token, leeway: LEEWAY, remembered: KEPT_MS / 1000, stale: STALE_AFTER.as_secs() }
}
