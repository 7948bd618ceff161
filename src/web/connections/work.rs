//! When a connection is at work: from the head of a request to the last byte of its answer. Server side.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use futures::{TryFutureExt, future::BoxFuture};
use http_body_util::BodyExt;
use tower::Service;

use super::seats::Seat;

/// The application for one connection. It knows when the connection is at work.
#[derive(Clone)]
pub struct Guest<S> {
    service: S,
    seat: Arc<Seat>,
}

impl<S> Guest<S> {
    pub fn new(service: S, seat: Arc<Seat>) -> Self {
        Self { service, seat }
    }
}

impl<S, R> Service<R> for Guest<S>
where
    S: Service<R, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let work = Work::begin(&self.seat);
        let answer = self.service.call(request);
        Box::pin(answer.map_ok(|response| response.map(|body| holding(work, body))))
    }
}

/// The same body; the work is done when it is, because what looks at its errors has the work.
fn holding(work: Work, body: Body) -> Body {
    Body::new(body.map_err(move |error| {
        let _work = &work;
        error
    }))
}

/// From the head of a request to the last byte of its answer.
struct Work(Arc<Seat>);

impl Work {
    fn begin(seat: &Arc<Seat>) -> Self {
        seat.set_waiting(false);
        Self(Arc::clone(seat))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.set_waiting(true);
    }
}
