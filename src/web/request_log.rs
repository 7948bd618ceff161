//! One log line per request, with an id that also stands in the error page. Server side.

use std::sync::Arc;

use aws_lc_rs::rand;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use super::caller::ip_of;
use crate::base::{config::Config, error::RequestNumber, state::Stopwatch};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Layer: the path without its query (a link in a mail carries a token there), never a header or a body.
pub async fn log_request(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = new_id();
    request.extensions_mut().insert(id);
    let (parts, body) = request.into_parts();
    let ip = ip_of(&parts, &config);
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let id_text = id.to_string();
    let span = tracing::info_span!("request", id = %id_text, %method, path = %path, ip);
    async move {
        let mut response = next.run(Request::from_parts(parts, body)).await;
        let (status, ms) = (response.status().as_u16(), watch.elapsed_ms());
        match status {
            // An unknown method is the caller's fault.
            501 => tracing::info!(status, ms, "answered"),
            503 => tracing::warn!(status, ms, "answered"),
            500.. => tracing::error!(status, ms, "answered"),
            _ => tracing::info!(status, ms, "answered"),
        }
        if let Ok(value) = HeaderValue::from_str(&id_text) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        response
    }
    .instrument(span)
    .await
}

fn new_id() -> RequestNumber {
    let mut bytes = [0; 8];
    // An id without randomness is still an id.
    let _ = rand::fill(&mut bytes);
    RequestNumber(u64::from_le_bytes(bytes))
}
