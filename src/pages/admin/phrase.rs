//! Some words, which may lead somewhere. Server side.

use leptos::prelude::*;

use crate::ui::{draw::Draw, frame::Link};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub text: String,
    pub href: Option<String>,
}

impl Phrase {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None }
    }

    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: Some(href.into()) }
    }
}

#[component]
pub fn Words(phrase: Phrase) -> impl IntoView {
    let Phrase { text, href } = phrase;
    match href {
        Some(href) => view! { <Link href=href>{text}</Link> }.drawn(),
        None => text.drawn(),
    }
}
