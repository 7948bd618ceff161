//! The CSRF defence: asked before every route. Server side.
//!
//! OWASP calls it "Fetch Metadata" with "verifying origin" as the fall-back. No token has to be carried around, so
//! nothing can be forgotten in a form.

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};

use super::{authorization, problem::Problem};
use crate::base::site::Site;

/// An unsafe request must come from one of our own pages, or from no browser at all. `open` are addresses where no cookie
/// is read: there is nothing to forge.
pub fn refuse_cross_site(parts: &Parts, site: &Site, open: &[&str]) -> Result<(), Problem> {
    let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_open = || open.contains(&parts.uri.path());
    if is_safe || is_open() || comes_from_us(&parts.headers, &site.origins) {
        return Ok(());
    }
    tracing::warn!(path = parts.uri.path(), "a cross-site request was refused");
    Err(cross_site())
}

/// For a route that is read only, and whose answer still is for our own pages alone.
pub fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Problem> {
    if says_ours(headers).unwrap_or(true) { Ok(()) } else { Err(cross_site()) }
}

fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "This request didn't come from this site. Open the site and try again.",
    )
}

/// `Sec-Fetch-Site` decides where the browser sends it; else `Origin`, else `Referer`. A request with none of them is
/// from no browser that could be abused: every browser of today sends at least `Origin` with an unsafe cross-site request.
fn comes_from_us(headers: &HeaderMap, ours: &[String]) -> bool {
    if authenticates_by_header_alone(headers) {
        return true;
    }
    says_ours(headers)
        .or_else(|| names_ours(headers, header::ORIGIN, ours))
        .or_else(|| names_ours(headers, header::REFERER, ours))
        .unwrap_or(true)
}

/// Whether the address in this header is one of ours, where there is one. Browsers write an origin in one way only, so
/// bytes are compared: a parser would take more for ours.
fn names_ours(headers: &HeaderMap, name: HeaderName, ours: &[String]) -> Option<bool> {
    let address = headers.get(name)?.as_bytes();
    Some(ours.iter().any(|origin| {
        let rest = address.strip_prefix(origin.as_bytes());
        rest.is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
    }))
}

/// What the browser says of who asks, where it says it. `none` is the person, by the address bar.
fn says_ours(headers: &HeaderMap) -> Option<bool> {
    headers.get("sec-fetch-site").map(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

/// A page of another site cannot set a Bearer token without our leave (CORS), and we never give it. Other schemes prove
/// nothing: a browser adds the password that a proxy has asked for to requests of any site.
fn authenticates_by_header_alone(headers: &HeaderMap) -> bool {
    authorization::bearer(headers).next().is_some() && !headers.contains_key(header::COOKIE)
}
