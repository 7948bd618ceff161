//! When a connection is at work: from the head of a request to the last byte of its answer. Server side.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt;

use super::seats::Seat;

pub struct Work(Arc<Seat>);

impl Work {
    pub fn begin(seat: &Arc<Seat>) -> Self {
        seat.set_waiting(false);
        Self(Arc::clone(seat))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.set_waiting(true);
    }
}

/// The same body; the work is done when it is, because what looks at its errors has the work.
pub fn holding(work: Work, body: Body) -> Body {
    Body::new(body.map_err(move |error| {
        let _work = &work;
        error
    }))
}
