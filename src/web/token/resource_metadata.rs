//! Where a program learns who gives tokens for the API (RFC 9728): said with each refusal. Server side.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

/// The document about our API, by the rule for a resource that has a path.
pub const PATH: &str = "/.well-known/oauth-protected-resource/api/v1";

/// On an answer of the API, where there is an authorization server. `address`: of the document.
pub fn point_to(address: &str, response: &mut Response) {
    if !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return;
    }
    let headers = response.headers_mut();
    let asks = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    let asks = asks.filter(|challenge| challenge.starts_with("Bearer "));
    let more = asks.and_then(|asks| HeaderValue::from_str(&format!("{asks}, resource_metadata=\"{address}\"")).ok());
    if let Some(challenge) = more {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
}
