//! A request that was begun is worked on to its end, also when whoever asked has gone. Server side.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

use crate::base::log_context::RequestContext;

/// Work that goes on as a task of its own where no one waits for it any more. A statement that the database works on does
/// not stop then; its connection is taken until its end, and so is the turn of the person who asked (`crowd.rs`): whoever
/// asks and goes away, again and again, holds no more connections than one who waits.
pub struct ToTheEnd<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> ToTheEnd<T> {
    pub fn of(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(Box::pin(work)) }
    }
}

impl<T: Send + 'static> Future for ToTheEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Taken out meanwhile: what panics is over.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToTheEnd<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            match RequestContext::current() {
                Some(request) => runtime.spawn(request.around(work)),
                None => runtime.spawn(work),
            };
        }
    }
}
