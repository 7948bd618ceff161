//! Why the form was refused the last time, without JavaScript: what its fields and notices know of it. Both sides.

use leptos::prelude::*;

use crate::base::error::{AppError, Field};

/// Why the form was refused the last time, without JavaScript: a context of everything in it.
#[derive(Clone)]
pub struct Before(pub Option<AppError>);

pub fn before() -> Option<AppError> {
    use_context::<Before>().and_then(|Before(error)| error)
}

/// What was wrong with this field.
pub fn wrong_at(field: Field) -> Option<String> {
    before().and_then(|error| error.at(field))
}

/// Whether a field gets the focus when the page comes: the first that is wrong, or, before anything is wrong, the one
/// that the page begins with. Where the error belongs to no field, none: the notice is read first.
pub fn begins_with(field: Field, is_first: bool) -> bool {
    match before() {
        Some(error) => error.first_field() == Some(field),
        None => is_first,
    }
}
