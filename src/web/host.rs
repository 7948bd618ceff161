//! Whom the request was meant for: exactly one Host, and one of ours. Server side.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::{Origin, Url};

use super::problem::Problem;
use crate::config::Config;

/// Layer: refuses a missing, doubled or foreign Host (RFC 9112 3.2; Host poisoning, CVE-2012-4520). Probes of a load
/// balancer come by address, so the two health routes are open to any name.
pub async fn refuse_foreign_host(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let health = matches!(request.uri().path(), "/healthz" | "/readyz");
    let Some(host) = only_host(request.headers(), request.uri()) else {
        return Problem::bad_request("A request needs exactly one Host.").into_response();
    };
    if !health && !is_ours(&host, &config) {
        tracing::warn!(host = %host, "a request for another host was refused");
        return Problem::new(StatusCode::BAD_REQUEST, "wrong_host", "This server does not answer for that host name.")
            .into_response();
    }
    next.run(request).await
}

fn only_host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).into_iter();
    let host = hosts.next()?.to_str().ok()?.to_owned();
    // An absolute request target must agree with the header, or two readers see two hosts.
    let agrees = uri.authority().is_none_or(|authority| authority.as_str() == host);
    (hosts.next().is_none() && agrees).then_some(host)
}

fn is_ours(host: &str, config: &Config) -> bool {
    // A user name or a path in the header would vanish in the parse below.
    if host.contains(['@', '/', '?', '#', '\\']) {
        return false;
    }
    config.origins().iter().any(|origin| {
        let Origin::Tuple(scheme, ..) = origin else { return false };
        Url::parse(&format!("{scheme}://{host}")).is_ok_and(|url| url.origin() == *origin)
    })
}
