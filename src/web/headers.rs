//! Security headers on every response, whoever made it. Server side.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::csp;
use crate::base::config::Config;

/// What every response carries, unless the route set its own (only the CSP of a page does, for its nonce).
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, csp::WITHOUT_PAGE),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Nothing here depends on it; other sites have no business with our addresses.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// What a 401 asks for where the session cookie is what counts (RFC 9110 15.5.2; the scheme of
/// draft-broyer-http-cookie-auth). The API and the authorization server ask by themselves.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Cookie realm=\"latchkey\", form-action=\"/login\"");

/// Two years, as preload lists ask.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const HSTS_PRELOAD: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains; preload");

/// On every answer, refusals and errors too. What no one marked as cacheable is personal.
pub fn secure(config: &Config, is_api: bool, response: &mut Response) {
    let is_refused = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.reserve(ALWAYS.len() + 4);
    if is_refused && !is_api {
        headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
    }
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if config.production() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, if config.hsts_preload { HSTS_PRELOAD } else { HSTS });
    }
}
