//! Security headers on every response, whoever made it. Server side.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::csp;
use crate::base::config::Config;

/// What every response carries, unless the route set its own (only the CSP of a page does, for its nonce).
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, csp::WITHOUT_PAGE),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Nothing here depends on it; other sites have no business with our addresses.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What a page carries besides, which alone could ask for any of these: the longest of all headers.
const OF_PAGES: (HeaderName, HeaderValue) = (
    HeaderName::from_static("permissions-policy"),
    HeaderValue::from_static(
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
);

/// What a 401 asks for where the session cookie is what counts (RFC 9110 15.5.2; the scheme of
/// draft-broyer-http-cookie-auth). The API and the authorization server ask by themselves.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Cookie realm=\"latchkey\", form-action=\"/login\"");

/// Two years, as preload lists ask.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const HSTS_PRELOAD: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains; preload");

/// What this server's answers carry, refusals and errors too. What no one marked as cacheable is personal.
pub fn of_all(config: &Config) -> HeaderMap {
    // With room for what an answer has of its own: a copy has as much.
    let mut headers = HeaderMap::with_capacity(ALWAYS.len() + 8);
    headers.extend(ALWAYS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if config.production() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, if config.hsts_preload { HSTS_PRELOAD } else { HSTS });
    }
    headers
}

/// Puts those of [`of_all`] below what the answer has of its own.
pub fn secure(of_all: &HeaderMap, is_api: bool, response: &mut Response) {
    // To copy them all at once costs less than to look for each.
    let own = std::mem::replace(response.headers_mut(), of_all.clone());
    response.headers_mut().extend(own);
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        response.headers_mut().extend([OF_PAGES]);
    }
    if response.status() == StatusCode::UNAUTHORIZED && !is_api {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
    }
}
