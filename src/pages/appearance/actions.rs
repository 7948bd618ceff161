//! The border of the appearance. Actions, both sides.

use leptos::prelude::*;

use crate::base::error::AppError;

/// Remembers in this browser how pages are to look. Callable by anyone.
#[server(prefix = "/actions", endpoint = "set_appearance")]
pub async fn set_appearance(theme: Option<String>, contrast: Option<String>) -> Result<(), AppError> {
    use super::remember;
    remember::remember(theme, contrast).await
}
