//! A JSON body, or a problem document that says what is wrong with it. Server side.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Takes `application/json` only: what a form of another site can send without asking first (text/plain,
/// urlencoded, multipart) is refused with 415 (ASVS 3.5.2).
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(refused(&rejection)),
        }
    }
}

fn refused(rejection: &JsonRejection) -> Problem {
    let code = match rejection {
        JsonRejection::MissingJsonContentType(_) => "not_json",
        _ if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        _ => "bad_json",
    };
    Problem::new(rejection.status(), code, rejection.body_text())
}
