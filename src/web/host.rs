//! Whom the request was meant for: a target that this server can answer, exactly one Host, and one of ours. Server side.

use axum::{
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::problem::Problem;
use crate::base::site::Site;

/// Those of RFC 9110 9 and PATCH. Of any other no one knows whether it is safe.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// What the routes of this server take.
const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS");

/// Refuses what is no request to an origin server (RFC 9112 3.2) and a missing, doubled or foreign Host (Host poisoning,
/// CVE-2012-4520). Behind it a target is a path, and its host is in the one Host header.
///
/// The answer where no route gives one: a refusal, or what OPTIONS asks of the whole server.
pub fn refuse_foreign_host(parts: &mut Parts, site: &Site) -> Option<Response> {
    if !METHODS.contains(&parts.method) {
        let words = "This server doesn't know that method.";
        return Some(Problem::new(StatusCode::NOT_IMPLEMENTED, "unknown_method", words).into_response());
    }
    if let Err(problem) = take_target_apart(parts).and_then(|()| expect_ours(parts, site)) {
        return Some(problem.into_response());
    }
    (parts.uri.path() == "*").then(|| (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]).into_response())
}

/// Leaves a path, or the `*` of OPTIONS. A target with a host of its own counts more than the header (RFC 9112 3.2.2),
/// which gets that host, so that no one reads another one later.
fn take_target_apart(parts: &mut Parts) -> Result<(), Problem> {
    let no_target = || Problem::bad_request("A request names a path, as in GET /login, and this server is no proxy.");
    if parts.headers.get_all(header::HOST).iter().count() != 1 {
        return Err(Problem::bad_request("A request needs exactly one Host."));
    }
    let uri = &parts.uri;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) => {
            // Without a path it is that of the start page.
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            let path = Uri::try_from(format!("{}{query}", uri.path())).map_err(|_| no_target())?;
            let host = HeaderValue::from_str(authority.as_str()).map_err(|_| no_target())?;
            parts.uri = path;
            parts.headers.insert(header::HOST, host);
            Ok(())
        }
        (None, None) if uri.path().starts_with('/') => Ok(()),
        (None, None) if uri.path() == "*" && parts.method == Method::OPTIONS => Ok(()),
        _ => Err(no_target()),
    }
}

/// Probes of a load balancer come by address, so the two health routes are open to any name.
fn expect_ours(parts: &Parts, site: &Site) -> Result<(), Problem> {
    let host = parts.headers.get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    if site.is_host(host) || matches!(parts.uri.path(), "/healthz" | "/readyz") {
        return Ok(());
    }
    tracing::warn!(host = &*String::from_utf8_lossy(host), "a request for another host was refused");
    Err(Problem::new(StatusCode::BAD_REQUEST, "wrong_host", "This server doesn't answer to that host name."))
}
