//! What a program is told that gets nothing (RFC 6749 5.2). Server side.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::base::{collision::Collision, error::AppError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub error: &'static str,
    pub why: &'static str,
    status: StatusCode,
    /// In seconds.
    retry_after: Option<u32>,
}

impl Refusal {
    pub const fn new(error: &'static str, why: &'static str) -> Self {
        Self { error, why, status: StatusCode::BAD_REQUEST, retry_after: None }
    }

    pub const fn request(why: &'static str) -> Self {
        Self::new("invalid_request", why)
    }

    pub const fn grant(why: &'static str) -> Self {
        Self::new("invalid_grant", why)
    }

    pub const fn client() -> Self {
        let refusal = Self::new("invalid_client", "Unknown or disabled application, or wrong credentials.");
        Self { status: StatusCode::UNAUTHORIZED, ..refusal }
    }

    pub fn is_of_client(&self) -> bool {
        self.error == "invalid_client"
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = error.retry_after();
        match error {
            AppError::TooManyTries { .. } => {
                Self { status, retry_after, ..Self::new("slow_down", "Too many attempts.") }
            }
            AppError::Busy | AppError::Collided => {
                let refusal = Self::new("temporarily_unavailable", "The server is busy. Try again in a few seconds.");
                Self { status, retry_after, ..refusal }
            }
            _ => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                retry_after,
                ..Self::new("server_error", "Something went wrong.")
            },
        }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        AppError::from(error).into()
    }
}

impl Collision for Refusal {
    fn is_collision(&self) -> bool {
        self.error == "temporarily_unavailable"
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response =
            (self.status, Json(json!({ "error": self.error, "error_description": self.why }))).into_response();
        // For the count of refusals.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"latchkey\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
