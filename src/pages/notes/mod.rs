//! Notes: the SPA-style section. The page comes from the session, its data from the API with the access token.

pub mod client;
pub mod draft;
pub mod editor;
#[cfg(feature = "ssr")]
pub mod load;
pub mod page;
pub mod panel;
#[cfg(feature = "ssr")]
pub mod part;
#[cfg(feature = "ssr")]
pub mod routes;
mod saving;
#[cfg(feature = "ssr")]
pub mod settings;
pub mod state;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod words;
#[cfg(feature = "ssr")]
pub mod write;

use serde::{Deserialize, Serialize};

/// A note as the API gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: String,
    pub title: String,
    pub body: String,
    pub pinned: bool,
    /// Raised by every change; also the `ETag`.
    pub version: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
}

/// Of the first line of a text so much is shown, in characters.
const FIRST_LINE_CHARS: usize = 80;

impl Note {
    /// How the text begins, for a list.
    pub fn first_line(&self) -> String {
        let line = self.body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        line.chars().take(FIRST_LINE_CHARS).collect()
    }
}

/// What the API takes to create or change a note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteInput {
    pub title: String,
    pub body: String,
    #[serde(default)]
    pub pinned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteList {
    /// Pinned ones first, then the last changed.
    pub notes: Vec<Note>,
    /// Whether there are more than were sent.
    pub more: bool,
}
