//! A body that takes too long is an error, also for work that goes on when its caller has an answer already: it would wait
//! for the rest, and keep the turn of its user. Server side.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{BoxError, body::HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

pub struct InTime<B> {
    body: B,
    over: Pin<Box<Sleep>>,
}

impl<B> InTime<B> {
    pub fn of(body: B, limit: Duration) -> Self {
        Self { body, over: Box::pin(sleep(limit)) }
    }
}

impl<B: HttpBody<Error = BoxError> + Unpin> HttpBody for InTime<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => self.over.as_mut().poll(context).map(|()| Some(Err("the body came too slowly".into()))),
            frame => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
