//! One log line per request, with an id that also stands in the error page. Server side.

use std::{hash::BuildHasher, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, request::Parts},
    response::Response,
};
use foldhash::quality::RandomState;

use super::caller::client_ip;
use crate::base::{config::Config, error::RequestNumber, log_context::RequestContext};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its number. Lines of the log that are written meanwhile say it, and nothing of a header or a body.
pub fn begin(parts: &Parts, config: &Config) -> RequestContext {
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    // Unlike any other, and no secret: the random numbers of keys cost more than the rest of the line.
    let number = RequestNumber(RandomState::default().hash_one(0_u8));
    RequestContext { number, method, uri, ip: client_ip(parts, config) }
}

/// Writes the line.
pub fn end(number: RequestNumber, response: &mut Response, took: Duration) {
    let (status, ms) = (response.status().as_u16(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    match status {
        // An unknown method is the caller's fault.
        501 => tracing::info!(status, ms, "answered"),
        503 => tracing::warn!(status, ms, "answered"),
        500.. => tracing::error!(status, ms, "answered"),
        _ => tracing::info!(status, ms, "answered"),
    }
    if let Ok(value) = HeaderValue::try_from(number.text()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
}
