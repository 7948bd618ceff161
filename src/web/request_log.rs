//! One log line per request, with an id that also stands in the error page. Server side.

use std::{hash::BuildHasher, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, request::Parts},
    response::Response,
};
use foldhash::quality::RandomState;
use tracing::Span;

use super::caller::ip_of;
use crate::base::{config::Config, error::RequestNumber};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request that is being answered.
pub struct RequestLog {
    id: String,
    /// What every line of the log says that is written meanwhile: the path without its query (a link in a mail carries a token
    /// there), never a header or a body.
    pub span: Span,
}

impl RequestLog {
    /// Gives the request its number.
    pub fn begin(parts: &mut Parts, config: &Config) -> Self {
        let number = new_number();
        parts.extensions.insert(number);
        let id = number.to_string();
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        // Texts: to write what can show itself costs many times as much.
        let span = tracing::info_span!("request", id, method, path, ip = ip_of(parts, config));
        Self { id, span }
    }

    /// Writes the line.
    pub fn end(self, response: &mut Response, took: Duration) {
        let (status, ms) = (response.status().as_u16(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        match status {
            // An unknown method is the caller's fault.
            501 => tracing::info!(status, ms, "answered"),
            503 => tracing::warn!(status, ms, "answered"),
            500.. => tracing::error!(status, ms, "answered"),
            _ => tracing::info!(status, ms, "answered"),
        }
        if let Ok(value) = HeaderValue::try_from(self.id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
    }
}

/// Unlike any other, and no secret: the random numbers of keys cost more than the rest of the line.
fn new_number() -> RequestNumber {
    RequestNumber(RandomState::default().hash_one(0_u8))
}
