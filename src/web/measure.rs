//! Counts and times every request, by the pattern of its route. Server side.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};

use crate::base::{metrics, metrics::Metrics, state::Stopwatch};

/// Layer: a raw path has no place in a label, since anybody can invent one.
pub async fn measure(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let method = method_word(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = class(response.status());
    metrics.request_answered(&metrics::Request { method, route, status }, watch.elapsed_seconds());
    response
}

fn method_word(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == known).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
