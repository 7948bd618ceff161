//! What `/lab` shows. Server side.

use axum::http::HeaderMap;

use super::{LabPage, visit::Visit, world::Lab};
use crate::{config::Config, error::AppError};

/// # Errors
/// [`AppError::NotFound`] where there is no Lab; when its database cannot be read.
pub async fn load(lab: Option<&Lab>, headers: &HeaderMap, config: &Config) -> Result<LabPage, AppError> {
    let lab = lab.ok_or(AppError::NotFound)?;
    let visit = match Visit::of(lab, headers, config).await? {
        Some(visit) => Some(visit.info(lab).await?),
        None => None,
    };
    Ok(LabPage { visit })
}
