//! What every request passes on its way in, and every answer on its way out, in this order. Server side.

use std::{future::poll_fn, panic::AssertUnwindSafe, sync::Arc, task::Poll, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http_body_util::Limited;
use tokio::time::{error::Elapsed, timeout};

use super::{
    cookies, error_page::Asker, guards::Guards, headers, host, measure, measure::Measure, origin, request_log,
    slow_body::InTime, to_the_end::ToTheEnd, token::resource_metadata,
};
use crate::base::{
    config::Config,
    state::{AppState, Stopwatch},
};

/// What it takes.
pub struct EveryRequest {
    pub guards: Guards,
    /// [`headers::of_all`].
    pub headers: HeaderMap,
    /// The address of [`resource_metadata::PATH`], where there is an authorization server.
    pub resource_metadata: Option<String>,
    /// Addresses where no cookie is read with an unsafe method.
    pub open: Box<[&'static str]>,
    /// Those of them that are no pages.
    pub for_programs: Box<[&'static str]>,
}

/// Layer: the outermost. One function, and not a layer for each step: a layer costs more than most of these steps.
pub async fn pass(State(this): State<Arc<EveryRequest>>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let config = Arc::clone(&this.guards.terminator.state.config);
    let (parts, body) = request.into_parts();
    let context = request_log::begin(&parts, &config);
    let number = context.number;
    let asker = Asker::of(&parts, &config, &this.for_programs);
    let mut under_way = UnderWay { this, watch, measure: Some(Measure::begin(&parts)) };
    let [is_api, is_oauth] = ["/api/", "/oauth/"].map(|start| parts.uri.path().starts_with(start));
    let answered = async move {
        let this = Arc::clone(&under_way.this);
        let answer = ToTheEnd::of(admit(Arc::clone(&this), parts, body, next));
        let response = whole(in_time(config.request_timeout(), answer)).await;
        let mut response = asker.explain(&config, response);
        headers::secure(&this.headers, is_api || is_oauth, &mut response);
        if let (true, Some(address)) = (is_api, &this.resource_metadata) {
            resource_metadata::point_to(address, &mut response);
        }
        let took = under_way.end(measure::class(response.status()));
        request_log::end(number, &mut response, took);
        response
    };
    context.around(answered).await
}

/// A request until its answer is there. Who goes away before that is counted and logged, too.
struct UnderWay {
    this: Arc<EveryRequest>,
    watch: Stopwatch,
    measure: Option<Measure>,
}

impl UnderWay {
    fn end(&mut self, status: &'static str) -> Duration {
        let took = self.watch.elapsed();
        if let Some(measure) = self.measure.take() {
            measure.end(&self.this.guards.metrics, status, took);
        }
        took
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.measure.is_some() {
            let ms = u64::try_from(self.end(measure::GONE).as_millis()).unwrap_or(u64::MAX);
            tracing::info!(ms, "the caller went away before the answer");
        }
    }
}

/// Most answers are there at once, and need no timer.
async fn in_time<T>(limit: Duration, mut answer: impl Future<Output = T> + Unpin) -> Result<T, Elapsed> {
    match poll_fn(|context| Poll::Ready(answer.poll_unpin(context))).await {
        Poll::Ready(answer) => Ok(answer),
        // In a place of its own: a timer is large, and would make every request so.
        Poll::Pending => Box::pin(timeout(limit, answer)).await,
    }
}

/// A bug in one request is answered; the process and the other requests live on (ASVS 16.5.4). The log has it from the hook
/// of `base/logging.rs`, which knows where it was.
async fn whole(answer: impl Future<Output = Result<Response, Elapsed>>) -> Response {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What a request must be before any route sees it.
async fn admit(this: Arc<EveryRequest>, mut parts: Parts, body: Body, next: Next) -> Response {
    let AppState { config, site, .. } = &this.guards.terminator.state;
    if let Some(response) = host::refuse_foreign_host(&mut parts, site) {
        return response;
    }
    let refused = cookies::accept_only_ours(config, &mut parts.headers)
        .and_then(|()| origin::refuse_cross_site(&parts, site, &this.open));
    if let Err(problem) = refused {
        return problem.into_response();
    }
    parts.extensions.insert(this.guards.clone());
    let request = Request::from_parts(parts, body);
    let request = match bounded(request, config, &this.for_programs) {
        Ok(request) => request,
        Err(too_large) => return too_large.into_response(),
    };
    next.run(request).await
}

/// Whoever waits for the answer is told that it took too long, before whatever reads the body is.
const TOLD_FIRST: Duration = Duration::from_secs(1);

/// A body of so many bytes at most, and there in time, whatever reads it. What is for programs reads less, and says in
/// words of its own that it is too much (RFC 6749 5.2).
fn bounded(mut request: Request, config: &Config, for_programs: &[&str]) -> Result<Request, StatusCode> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (bytes_max, limit) = (config.body_limit_kib as usize * 1024, config.request_timeout() + TOLD_FIRST);
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|bytes: usize| bytes > bytes_max) && !for_programs.contains(&request.uri().path()) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    // There is one limit, and it is this one.
    DefaultBodyLimit::disable().apply(&mut request);
    Ok(request.map(|body| Body::new(InTime::of(Limited::new(body, bytes_max), limit))))
}
