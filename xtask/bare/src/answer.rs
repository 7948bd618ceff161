//! The one answer that everything here gives: as many bytes as `GET /api/v1/me` has.

use axum::Json;
use serde::Serialize;

#[derive(Serialize)]
pub struct Answer {
    id: String,
    role: &'static str,
    sid: String,
}

/// With the two texts made anew each time, as who reads them out of a token makes them.
pub fn answer(id: &str, sid: &str) -> Json<Answer> {
    Json(Answer { id: id.to_owned(), role: "user", sid: sid.to_owned() })
}

pub async fn constant() -> Json<Answer> {
    answer("0199a1c2-7d3e-7f00-8a1b-2c3d4e5f6071", "0199a1c2-7d3e-7f00-8a1b-2c3d4e5f6072")
}
