//! What a program is told that gets nothing (RFC 6749 5.2). Server side.

use std::borrow::Cow;

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::base::{collision::Collision, error::AppError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub error: &'static str,
    pub why: Cow<'static, str>,
    status: StatusCode,
    /// What a 401 or a 403 asks for.
    challenge: &'static str,
    /// In seconds.
    retry_after: Option<u32>,
}

impl Refusal {
    pub const fn new(error: &'static str, why: &'static str) -> Self {
        Self::with(StatusCode::BAD_REQUEST, error, why, "")
    }

    const fn with(status: StatusCode, error: &'static str, why: &'static str, challenge: &'static str) -> Self {
        Self { error, why: Cow::Borrowed(why), status, challenge, retry_after: None }
    }

    pub fn request(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into(), ..Self::new("invalid_request", "") }
    }

    pub const fn grant(why: &'static str) -> Self {
        Self::new("invalid_grant", why)
    }

    /// Where the setting leaves registered applications only.
    pub const fn unregistered() -> Self {
        Self::new("unauthorized_client", "This server takes registered applications only")
    }

    pub fn client() -> Self {
        let why = "Unknown or disabled application, or wrong credentials.";
        Self::with(StatusCode::UNAUTHORIZED, "invalid_client", why, "Basic realm=\"latchkey\"")
    }

    /// Of an access token, where one has come (RFC 6750 3.1).
    pub fn token(has_come: bool) -> Self {
        let (why, challenge) = match has_come {
            true => ("This access token doesn't work here.", "Bearer realm=\"latchkey\", error=\"invalid_token\""),
            false => ("This needs the access token of an application.", "Bearer realm=\"latchkey\""),
        };
        Self::with(StatusCode::UNAUTHORIZED, "invalid_token", why, challenge)
    }

    /// Of an access token that works, but not for this (RFC 6750 3.1).
    pub fn scope() -> Self {
        let challenge = "Bearer realm=\"latchkey\", error=\"insufficient_scope\", scope=\"openid\"";
        Self::with(StatusCode::FORBIDDEN, "insufficient_scope", "This needs the scope openid.", challenge)
    }

    pub fn method() -> Self {
        Self::with(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "Send a POST request.", "")
    }
}

impl From<AppError> for Refusal {
    fn from(fault: AppError) -> Self {
        let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = match fault {
            AppError::TooManyTries { .. } => "slow_down",
            AppError::BadRequest => "invalid_request",
            _ if status == StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
            _ => "server_error",
        };
        Self { retry_after: fault.retry_after(), why: fault.to_string().into(), ..Self::with(status, error, "", "") }
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
        let body = Json(json!({ "error": self.error, "error_description": self.why }));
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        let challenge = (!self.challenge.is_empty()).then_some([(header::WWW_AUTHENTICATE, self.challenge)]);
        let retry_after = self.retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        // Itself for the count of refusals.
        (self.status, no_store, challenge, retry_after, Extension(self), body).into_response()
    }
}
