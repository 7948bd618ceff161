//! One request, bounded in time and size, that follows no redirect. Server side.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::base::fetch::last_cause;

/// Nothing is waited for longer: a doctor who hangs with the patient helps no one.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// More than any answer to us says.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub async fn send(request: Request<Body>) -> Result<Answer, String> {
    let late = || format!("no response within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, try_send(request)).await.unwrap_or_else(|_| Err(late()))
}

async fn try_send(request: Request<Body>) -> Result<Answer, String> {
    let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.request(request).await.map_err(|error| last_cause(&error))?;
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), BODY_BYTES_MAX).await.map_err(|error| last_cause(&error))?;
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.to_vec() })
}
