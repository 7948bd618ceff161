//! Counts and times every request, by the pattern of its route. Server side.

use std::time::Duration;

use axum::{
    extract::MatchedPath,
    http::{Method, StatusCode, request::Parts},
};

use crate::base::{metrics, metrics::Metrics};

/// A request that is being answered.
pub struct Measure {
    method: &'static str,
    route: Option<MatchedPath>,
}

impl Measure {
    /// A raw path has no place in a label, since anybody can invent one.
    pub fn begin(parts: &Parts) -> Self {
        let route = parts.extensions.get::<MatchedPath>().cloned();
        Self { method: method_word(&parts.method), route }
    }

    /// `status`: [`class`] or [`GONE`].
    pub fn end(self, metrics: &Metrics, status: &'static str, took: Duration) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str).to_owned();
        let request = metrics::Request { method: self.method, route, status };
        metrics.request_answered(&request, took.as_secs_f64());
    }
}

fn method_word(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == known).unwrap_or("other")
}

/// The caller has gone before there was an answer.
pub const GONE: &str = "gone";

pub fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
