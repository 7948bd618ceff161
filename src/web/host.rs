//! Whom the request was meant for: a target that this server can answer, exactly one Host, and one of ours. Server side.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Origin;

use super::problem::Problem;
use crate::base::config::Config;

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

/// Layer: refuses what is no request to an origin server (RFC 9112 3.2) and a missing, doubled or foreign Host (Host
/// poisoning, CVE-2012-4520). Behind it a target is a path, and its host is in the one Host header.
pub async fn refuse_foreign_host(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    if !METHODS.contains(request.method()) {
        return Problem::new(StatusCode::NOT_IMPLEMENTED, "unknown_method", "This server doesn't know that method.")
            .into_response();
    }
    if let Err(problem) = take_target_apart(&mut request).and_then(|()| expect_ours(&request, &config)) {
        return problem.into_response();
    }
    if request.uri().path() == "*" {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]).into_response();
    }
    next.run(request).await
}

/// Leaves a path, or the `*` of OPTIONS. A target with a host of its own counts more than the header (RFC 9112 3.2.2),
/// which gets that host, so that no one reads another one later.
fn take_target_apart(request: &mut Request) -> Result<(), Problem> {
    let no_target = || Problem::bad_request("A request names a path, as in GET /login, and this server is no proxy.");
    let (uri, method) = (request.uri().clone(), request.method());
    if has_not_one_host(request.headers()) {
        return Err(Problem::bad_request("A request needs exactly one Host."));
    }
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) => {
            // Without a path it is that of the start page.
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            let path = Uri::try_from(format!("{}{query}", uri.path())).map_err(|_| no_target())?;
            let host = HeaderValue::from_str(authority.as_str()).map_err(|_| no_target())?;
            *request.uri_mut() = path;
            request.headers_mut().insert(header::HOST, host);
            Ok(())
        }
        (None, None) if uri.path().starts_with('/') => Ok(()),
        (None, None) if uri.path() == "*" && method == Method::OPTIONS => Ok(()),
        _ => Err(no_target()),
    }
}

fn has_not_one_host(headers: &HeaderMap) -> bool {
    headers.get_all(header::HOST).into_iter().count() != 1
}

/// Probes of a load balancer come by address, so the two health routes are open to any name.
fn expect_ours(request: &Request, config: &Config) -> Result<(), Problem> {
    let host = request.headers().get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    if matches!(request.uri().path(), "/healthz" | "/readyz") || is_ours(host, config) {
        return Ok(());
    }
    tracing::warn!(host = &*String::from_utf8_lossy(host), "a request for another host was refused");
    Err(Problem::new(StatusCode::BAD_REQUEST, "wrong_host", "This server doesn't answer to that host name."))
}

/// As bytes, case aside. A parser would read `accounts.exa%6dple.com`, a TAB or a user name as something else, and
/// whoever stands in front reads it in yet another way.
pub fn is_ours(host: &[u8], config: &Config) -> bool {
    config.origins().iter().any(|origin| {
        let Origin::Tuple(scheme, name, port) = origin else { return false };
        let usual = matches!((&**scheme, port), ("http", 80) | ("https", 443));
        host.eq_ignore_ascii_case(format!("{name}:{port}").as_bytes())
            || usual && host.eq_ignore_ascii_case(name.to_string().as_bytes())
    })
}
