//! Which request a line of the log belongs to. Server side.

use std::net::IpAddr;

use axum::http::{Method, Uri};
use tracing::Span;

use super::{caller::ip_text, error::RequestNumber};

tokio::task_local! {
    /// No span of tracing: to keep one in the registry of all threads costs as much as the line itself, and each request has
    /// one, also where nothing is logged.
    static REQUEST: RequestContext;
}

/// What every line of the log says that is written while a request is answered.
#[derive(Clone)]
pub struct RequestContext {
    pub number: RequestNumber,
    pub method: Method,
    /// Its path is logged, without the query: a link in a mail carries a token there.
    pub uri: Uri,
    pub ip: Option<IpAddr>,
}

impl RequestContext {
    /// Of the request that is being answered here, if any.
    pub fn current() -> Option<Self> {
        REQUEST.try_with(Self::clone).ok()
    }

    pub fn current_number() -> Option<RequestNumber> {
        REQUEST.try_with(|request| request.number).ok()
    }

    /// The lines of `work` belong to this request.
    pub fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        REQUEST.scope(self, work)
    }
}

/// Hands over the name and the value of each field; nothing outside of requests.
pub fn each_field(mut write: impl FnMut(&str, &str)) {
    // Outside of requests there's none.
    let _ = REQUEST.try_with(|request| {
        write("id", &request.number.text());
        write("method", request.method.as_str());
        write("path", request.uri.path());
        write("ip", &request.ip.map(ip_text).unwrap_or_default());
    });
}

/// For what is done on a thread that works for many, such as SQLite's: its lines say the id.
pub fn span() -> Span {
    let span = REQUEST.try_with(|request| tracing::error_span!("statement", request = request.number.text()));
    span.unwrap_or_else(|_| Span::current())
}
