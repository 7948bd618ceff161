//! One request, bounded in time and size, that follows no redirect. Server side.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Request, Response},
};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::base::fetch::last_cause;

/// Nothing is waited for longer: a doctor who hangs with the patient helps no one.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// More than any answer to us says.
const BODY_BYTES_MAX: usize = 16 * 1024;

pub async fn send(request: Request<Body>) -> Result<Response<Bytes>, String> {
    let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let answer = async {
        let (parts, body) = client.request(request).await.map_err(|error| last_cause(&error))?.into_parts();
        let body = to_bytes(Body::new(body), BODY_BYTES_MAX).await.map_err(|error| last_cause(&error))?;
        Ok(Response::from_parts(parts, body))
    };
    let late = || format!("no response within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(late()))
}
