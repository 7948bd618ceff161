//! Errors of the API: `application/problem+json` (RFC 9457). Server side.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::refusal::{AtField, MEDIA_TYPE};
use crate::base::error::AppError;

/// One answer of the API that is not a success.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// Stable, for programs.
    code: &'static str,
    /// For the person who reads the log of the calling program.
    detail: String,
    members: Map<String, Value>,
    www_authenticate: Option<String>,
    /// In seconds.
    retry_after: Option<u32>,
}

/// Put into the response beside the document, for the layer that makes a page of it: detail and code.
#[derive(Clone, Debug)]
pub struct Detail(pub String, pub &'static str);

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), members: Map::new(), www_authenticate: None, retry_after: None }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// 401 with the challenge that RFC 6750 asks for: no error code when no credentials came.
    pub fn unauthorized(code: &'static str, detail: &str, credentials_came: bool) -> Self {
        let error = if credentials_came { ", error=\"invalid_token\"" } else { "" };
        Self::new(StatusCode::UNAUTHORIZED, code, detail).asking(error)
    }

    /// 403 for the token of an application that may do other things (RFC 6750 3.1); an empty scope: no application may do
    /// this.
    pub fn insufficient_scope(scope: &str) -> Self {
        let detail = if scope.is_empty() { "Applications can't do this." } else { "The user hasn't allowed this." };
        let named = if scope.is_empty() { String::new() } else { format!(", scope=\"{scope}\"") };
        let challenge = format!(", error=\"insufficient_scope\"{named}");
        Self::new(StatusCode::FORBIDDEN, "insufficient_scope", detail).asking(&challenge)
    }

    /// 401 for a token whose owner proved too long ago who they are (RFC 9470 3).
    pub fn insufficient_authentication(max_age_seconds: i64) -> Self {
        let detail = "Confirm the password at /actions/confirm, renew the token and repeat the request.";
        let challenge = format!(
            ", error=\"insufficient_user_authentication\", error_description=\"A more recent authentication is required\", \
             max_age=\"{max_age_seconds}\""
        );
        let problem = Self::new(StatusCode::UNAUTHORIZED, "insufficient_user_authentication", detail);
        problem.asking(&challenge).with("max_age", max_age_seconds)
    }

    /// With a challenge to come with an access token.
    fn asking(self, error: &str) -> Self {
        Self { www_authenticate: Some(format!("Bearer realm=\"latchkey\"{error}")), ..self }
    }

    /// For a form whose action refused: with what to say above it and at each field.
    pub fn of_form(error: AppError) -> Self {
        let (errors, detail) = (errors_of(&error), error.above_form());
        Self { detail, ..Self::from(error) }.with("errors", json!(errors))
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        if error == AppError::NotLoggedIn {
            return Self::unauthorized(error.into_str(), &error.to_string(), false);
        }
        let detail = match &error {
            AppError::Invalid(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        };
        let (errors, status) = (errors_of(&error), status_of(&error));
        let problem = Self { retry_after: error.retry_after(), ..Self::new(status, error.into_str(), detail) };
        if errors.is_empty() { problem } else { problem.with("errors", json!(errors)) }
    }
}

pub fn status_of(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn errors_of(error: &AppError) -> Vec<AtField> {
    error.at_fields().map(|(field, detail)| AtField { field: field.into_str().into(), detail }).collect()
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        AppError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.members;
        body.insert("type".into(), json!("about:blank"));
        body.insert("title".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("code".into(), json!(self.code));
        body.insert("detail".into(), json!(&self.detail));
        let mut response = (self.status, Json(Value::Object(body))).into_response();
        response.extensions_mut().insert(Detail(self.detail, self.code));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(value) = self.www_authenticate.and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
