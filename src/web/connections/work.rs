//! When a connection is at work: from the head of a request to the last byte of its answer. Server side.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use futures::{TryFutureExt, future::BoxFuture};
use http_body::{Frame, SizeHint};
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
        Box::pin(answer.map_ok(|response| response.map(|body| Body::new(Answer { body, _work: work }))))
    }
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

/// The body of an answer; the work is done when it is.
struct Answer {
    body: Body,
    _work: Work,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
