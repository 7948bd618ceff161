//! `/api/v1/admin`. Server side.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde::Deserialize;

use super::force_logout::parse_reason;
use crate::{
    error::AppError,
    revocations::EndReason,
    sessions::{
        Receipt,
        end::{Ender, Ending, Target},
    },
    state::AppState,
    tokens::bearer::AdminCaller,
    users::store,
    web::{json::JsonBody, problem::Problem},
};

/// The body of `POST /api/v1/admin/users/{id}/force-logout`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForceLogout {
    /// For the audit log.
    reason: String,
}

/// Ends every session and token of the user.
///
/// # Errors
/// 401 and 403 for who may not; 404 when there is no such user; 422 without a reason.
pub async fn force_logout(
    AdminCaller(admin): AdminCaller,
    State(state): State<AppState>,
    Extension(ender): Extension<Ender>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ForceLogout>,
) -> Result<Json<Receipt>, Problem> {
    let words = parse_reason(&body.reason).map_err(AppError::from)?;
    let user = store::find_by_id(&state.db.pool, &id).await?.ok_or(AppError::NotFound)?;
    let ending = Ending { words, ..Ending::by_user(&admin.user_id, EndReason::ByAdmin, admin.caller) };
    Ok(Json(ender.end_everywhere(Target::User(&user.id), ending).await?))
}
