//! One request, bounded in time and size, that follows no redirect. Server side.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::{
    base::fetch::last_cause,
    web::seen::{QUESTION, Seen},
};

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

impl Answer {
    /// How the request looked at the other end, if that was ours.
    pub fn seen(&self) -> Option<Seen> {
        serde_json::from_slice(&self.body).ok().filter(|_| self.status == 200)
    }

    /// A server of ours answers so to who does not hold its secret key.
    pub fn is_plain_ok(&self) -> bool {
        self.status == 200 && self.body == b"ok\n"
    }

    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// # Errors
/// Why there was no answer, in a few words.
pub async fn get(url: &str, question: Option<&str>) -> Result<Answer, String> {
    let mut request = Request::get(url).header(header::USER_AGENT, "latchkey doctor");
    if let Some(question) = question {
        request = request.header(QUESTION, question);
    }
    send(request.body(Body::empty()).map_err(|error| error.to_string())?).await
}

/// # Errors
/// As [`get`].
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
