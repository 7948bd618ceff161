//! The CSRF defence: one layer before every route. Server side.
//!
//! OWASP calls it "Fetch Metadata" with "verifying origin" as the fall-back. No token has to be carried around, so
//! nothing can be forgotten in a form.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::{Origin, Url};

use super::problem::Problem;
use crate::config::Config;

/// Layer: an unsafe request must come from one of our own pages, or from no browser at all.
pub async fn refuse_cross_site(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) || comes_from_us(request.headers(), &config.origins()) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "a cross-site request was refused");
    cross_site().into_response()
}

/// For a route that is read only, and whose answer still is for our own pages alone.
///
/// # Errors
/// 403 `cross_site`, where the browser says that another site asks.
pub fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Problem> {
    if says_ours(headers).unwrap_or(true) { Ok(()) } else { Err(cross_site()) }
}

fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "This request did not come from a page of this site. Open the site's own page and try again.",
    )
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// `Sec-Fetch-Site` decides where the browser sends it; `Origin` else. A request without both is from no browser
/// that could be abused: every browser of today sends at least `Origin` with an unsafe cross-site request.
fn comes_from_us(headers: &HeaderMap, ours: &[Origin]) -> bool {
    if authenticates_by_header_alone(headers) {
        return true;
    }
    if let Some(ours) = says_ours(headers) {
        return ours;
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            origin.to_str().ok().and_then(|text| Url::parse(text).ok()).is_some_and(|url| ours.contains(&url.origin()))
        }
        None => true,
    }
}

/// What the browser says of who asks, where it says it. `none` is the person, by the address bar.
fn says_ours(headers: &HeaderMap) -> Option<bool> {
    headers.get("sec-fetch-site").map(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

/// A page of another site cannot set `Authorization` without our leave (CORS), and we never give it.
fn authenticates_by_header_alone(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE)
}
