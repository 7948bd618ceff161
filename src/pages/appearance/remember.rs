//! The cookie that remembers the appearance. Server side.

use axum::http::HeaderMap;
use leptos::prelude::expect_context;

use super::{Appearance, MORE};
use crate::{
    base::{config::Config, state::AppState},
    web::{action::append_cookie, cookies, cookies::Name},
};

/// Browsers keep no cookie for longer (RFC 6265bis 5.5).
const KEEP_SECONDS: i64 = 400 * 24 * 3600;

pub fn remember(theme: Option<String>, contrast: Option<String>) {
    let config = expect_context::<AppState>().config;
    let theme = theme.unwrap_or_default().parse().unwrap_or_default();
    let more_contrast = contrast.as_deref() == Some(MORE);
    let cookie = if (Appearance { theme, more_contrast }) == Appearance::default() {
        cookies::remove(&config, Name::Appearance)
    } else {
        let contrast = if more_contrast { MORE } else { "" };
        cookies::set(&config, Name::Appearance, &format!("{}.{contrast}", theme.into_str()), KEEP_SECONDS)
    };
    append_cookie(cookie);
}

/// What this browser remembers.
pub fn of(headers: &HeaderMap, config: &Config) -> Appearance {
    let text = cookies::get(config, headers, Name::Appearance).unwrap_or_default();
    let (theme, contrast) = text.split_once('.').unwrap_or((text, ""));
    Appearance { theme: theme.parse().unwrap_or_default(), more_contrast: contrast == MORE }
}
