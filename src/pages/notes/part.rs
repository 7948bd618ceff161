//! The notes as a part of the product: their settings, and what they hand in. Server side.

use async_trait::async_trait;
use axum::{Extension, routing::get};
use serde_json::{Value, json};

use super::{load, routes, settings::NotesSettings, store, words};
use crate::{
    base::{error::AppError, rfc3339::seconds, state::AppState},
    pages::{
        part::{Part, Routes},
        request::{Found, PageRequest},
    },
    ui::part_links::{PartLink, Place},
};

pub struct NotesPart(pub NotesSettings);

const LINKS: [PartLink; 2] = [
    PartLink { place: Place::BarInside, href: "/notes", label: "Notes" },
    PartLink { place: Place::Dashboard, href: "/notes", label: "Open notes" },
];

/// Notes that are read, and sent, at once in the file with a person's data: one may be long.
const ROWS_AT_ONCE: i64 = 20;

#[async_trait]
impl Part for NotesPart {
    fn pages(&self) -> &'static [&'static str] {
        &["/notes"]
    }

    async fn find(&self, page: &PageRequest, _path: &str) -> Result<Found, AppError> {
        load::notes(page)
    }

    fn api(&self) -> Routes {
        let settings = Extension(self.0);
        let one = get(routes::read).put(routes::update).delete(routes::delete);
        vec![
            ("/api/v1/notes", get(routes::list).post(routes::create).layer(settings)),
            ("/api/v1/notes/{id}", one.layer(settings)),
        ]
    }

    fn links(&self) -> &'static [PartLink] {
        &LINKS
    }

    async fn prepare(&self, state: &AppState) -> Result<(), String> {
        let made = words::make_missing_words(&state.db).await;
        made.map_err(|error| format!("cannot index notes for search: {error}"))
    }

    fn list(&self) -> Option<&'static str> {
        Some("notes")
    }

    async fn rows(&self, state: &AppState, user_id: &str, after: &str) -> Result<Vec<(String, Value)>, AppError> {
        let rows = store::after(&state.db.pool, user_id, after, ROWS_AT_ONCE).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), in_file(row))).collect())
    }
}

fn in_file(row: store::NoteRow) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "text": row.body,
        "pinned": row.pinned_at.is_some(),
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
    })
}
