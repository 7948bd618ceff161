//! The calls of `/api/v1/notes` from the browser.

use gloo_net::http::Method;

use super::{Note, NoteInput, NoteList};
use crate::web::token::client::{ApiClient, Call, Trouble};

pub async fn list(api: ApiClient, words: &str) -> Result<NoteList, Trouble> {
    let words = String::from(js_sys::encode_uri_component(words));
    api.send(Call::new(Method::GET, format!("/api/v1/notes?q={words}"))).await
}

/// Once for each key, however often it is sent.
pub async fn create(api: ApiClient, key: &str, input: &NoteInput) -> Result<Note, Trouble> {
    api.send(Call::new(Method::POST, "/api/v1/notes").once(key).json(input)).await
}

pub async fn update(api: ApiClient, id: &str, version: i64, input: &NoteInput) -> Result<Note, Trouble> {
    api.send(Call::new(Method::PUT, format!("/api/v1/notes/{id}")).if_version(version).json(input)).await
}

pub async fn delete(api: ApiClient, id: &str, version: i64) -> Result<(), Trouble> {
    api.send(Call::new(Method::DELETE, format!("/api/v1/notes/{id}")).if_version(version)).await
}
