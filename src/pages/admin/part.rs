//! Some words, which may lead somewhere. Server side.

use leptos::prelude::*;

use crate::ui::{draw::Draw, frame::Link};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    pub href: Option<String>,
}

impl Part {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None }
    }

    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: Some(href.into()) }
    }
}

#[component]
pub fn Words(part: Part) -> impl IntoView {
    let Part { text, href } = part;
    match href {
        Some(href) => view! { <Link href=href>{text}</Link> }.drawn(),
        None => text.drawn(),
    }
}
