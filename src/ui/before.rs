//! Why the form was refused the last time, without JavaScript: what its fields and notices know of it. Server side.

use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::*;

use crate::base::error::{AppError, Field};

/// Why the form was refused the last time, without JavaScript: a context of everything in it.
#[derive(Clone)]
pub struct Before {
    pub error: Option<AppError>,
    /// The fields that stand in the form, with the ids of their inputs.
    pub inputs: Arc<Mutex<Vec<(Field, &'static str)>>>,
}

pub fn before() -> Option<AppError> {
    use_context::<Before>().and_then(|before| before.error)
}

/// Says that the input with this id is that of a field.
pub fn stands_here(field: Field, id: &'static str) {
    if let Some(before) = use_context::<Before>() {
        before.inputs.lock().unwrap_or_else(PoisonError::into_inner).push((field, id));
    }
}

/// What was wrong with this field.
pub fn wrong_at(field: Field) -> Option<String> {
    before().and_then(|error| error.at(field))
}

/// Whether a field gets the focus when the page comes: the only one that is wrong, or, before anything is wrong, the one
/// that the page begins with. Where several are wrong, or none, the notice is read first.
pub fn begins_with(field: Field, is_first: bool) -> bool {
    match before() {
        Some(error) => error.only_field() == Some(field),
        None => is_first,
    }
}
