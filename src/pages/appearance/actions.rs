//! The border of the appearance. Server side.

use leptos::prelude::*;

use super::remember::remember;
use crate::base::error::AppError;

/// Remembers in this browser how pages are to look. Callable by anyone.
#[server(prefix = "/actions", endpoint = "set_appearance")]
pub async fn set_appearance(theme: Option<String>, contrast: Option<String>) -> Result<(), AppError> {
    remember(theme, contrast);
    Ok(())
}
