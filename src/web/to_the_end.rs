//! A request that was begun is worked on to its end, also when whoever asked has gone. Server side.

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

/// Layer: the work is a task of its own. A statement that the database works on does not stop because no one waits for it
/// any more; its connection is taken until then, and so is the turn of the person who asked (`crowd.rs`): whoever asks and
/// goes away, again and again, holds no more connections than one who waits.
pub async fn work(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process ends.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}
