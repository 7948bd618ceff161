//! Layers and helpers of HTTP that know no feature.

#[cfg(feature = "ssr")]
pub mod action;
#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod caller;
#[cfg(feature = "ssr")]
pub mod cookies;
#[cfg(feature = "ssr")]
pub mod csp;
#[cfg(feature = "ssr")]
pub mod error_page;
#[cfg(feature = "ssr")]
pub mod headers;
#[cfg(feature = "ssr")]
pub mod host;
#[cfg(feature = "ssr")]
pub mod json;
#[cfg(feature = "ssr")]
pub mod local_path;
#[cfg(feature = "ssr")]
pub mod origin;
#[cfg(feature = "ssr")]
pub mod problem;
#[cfg(feature = "ssr")]
pub mod request_log;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was typed into a form, kept over a round trip without JavaScript: field name → text. Never a password.
///
/// It travels in a cookie of its own for a minute: an e-mail address has no place in an address bar or a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed(pub BTreeMap<String, String>);

impl Typed {
    pub fn new(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    pub fn get(&self, field: &str) -> String {
        self.0.get(field).cloned().unwrap_or_default()
    }
}

/// What was typed into the form on the page before this one, and what that form brought about.
pub fn typed() -> Typed {
    leptos::prelude::SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        {
            leptos::prelude::use_context::<Typed>().unwrap_or_default()
        }
        #[cfg(not(feature = "ssr"))]
        {
            Typed::default()
        }
    })
    .into_inner()
}

/// Sets the status of the page that is being rendered; in the browser there is none to set.
#[cfg_attr(not(feature = "ssr"), expect(unused_variables, reason = "the browser has no response"))]
pub fn set_page_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(status)) =
        (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), axum::http::StatusCode::from_u16(status))
    {
        response.set_status(status);
    }
}

/// Seconds that the access token which came with this page has left; `None` when it came without.
pub fn token_life() -> Option<i64> {
    leptos::prelude::SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        {
            leptos::prelude::use_context::<TokenLife>().map(|TokenLife(seconds)| seconds)
        }
        #[cfg(not(feature = "ssr"))]
        {
            None
        }
    })
    .into_inner()
}

/// Put into the request by the layer that mints; see [`token_life`].
#[derive(Clone, Copy, Debug)]
pub struct TokenLife(pub i64);

/// Sets the content security policy of the page that is being rendered. The shell calls it; in the browser it does
/// nothing.
pub fn provide_page_policy() {
    #[cfg(feature = "ssr")]
    csp::provide_page_policy();
}
