//! `/api/v1/admin`. All refuse with 401 or 403 who may not, with 404 where there is no such user and with 410 where there
//! was one, and with 422 without a reason. Server side.

use axum::{Extension, Json, extract::Path};
use serde::Deserialize;

use super::{by::By, outcome::Outcome, stories};
use crate::{
    auth::sessions::Receipt,
    base::db::again,
    web::{guards::Guards, json::JsonBody, problem::Problem, token::bearer::AdminCaller},
};

/// The body of each of these.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// For the audit log.
    reason: String,
}

/// What each of these is called with.
type Asked = (AdminCaller, Extension<Guards>, Path<String>, JsonBody<Why>);

pub async fn force_logout((admin, guards, Path(id), JsonBody(why)): Asked) -> Result<Json<Receipt>, Problem> {
    let by = By::api(admin, &why.reason)?;
    Ok(Json(again(|| stories::force_logout(&guards.terminator, &by, &id, "")).await?))
}

/// 409 for the last administrator.
pub async fn disable((admin, guards, Path(id), JsonBody(why)): Asked) -> Result<Json<Outcome>, Problem> {
    let by = By::api(admin, &why.reason)?;
    Ok(Json(again(|| stories::disable(&guards.terminator, &by, &id, "")).await?))
}

/// 409 when the address belongs to another account by now.
pub async fn enable((admin, guards, Path(id), JsonBody(why)): Asked) -> Result<Json<Outcome>, Problem> {
    let by = By::api(admin, &why.reason)?;
    Ok(Json(again(|| stories::enable(&guards.terminator, &by, &id, "")).await?))
}
