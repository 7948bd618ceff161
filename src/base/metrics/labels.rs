//! What metrics are told apart by. Each label has few values. Server side.

use prometheus_client::encoding::EncodeLabelSet;
use strum::IntoStaticStr;

/// Why a connection was closed before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum CutOff {
    /// It was one too many, and each of the others was at work.
    Full,
    /// It had waited longest for a request when there were too many.
    GaveWay,
    /// Its other end took nothing of an answer.
    NotRead,
    /// What came on it is no request of HTTP/1.1, or its head is too large. hyper has answered 400 or 431.
    Unreadable,
}

/// What became of a try to tell an application that its user is logged out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Notice {
    Told,
    /// It may still get through.
    Failed,
    GivenUp,
}

/// How a revocation came into this memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Via {
    /// It was made here.
    Local,
    /// Another process made it.
    Feed,
}

/// The labels of an HTTP request. Each has few values: what a caller can invent makes no new row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// One of the standard methods, or `other`.
    pub method: &'static str,
    /// The pattern in the router, or `none`.
    pub route: String,
    /// `2xx` to `5xx`, or `gone`: the caller went away before the answer.
    pub status: &'static str,
}
