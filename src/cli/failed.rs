//! Why a command failed. Server side.

use std::fmt::Display;

/// Why a command failed, in one line that says what to do.
pub struct Failed(pub String);

/// Whatever went wrong is told to the operator as it is.
impl<E: Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
