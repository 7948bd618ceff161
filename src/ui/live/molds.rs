//! What a page says later has the shape that the server gave it: a `<template>` with the id of what is cut from it. Both
//! sides; runs in the browser.

use wasm_bindgen::JsCast;
use web_sys::{DocumentFragment, Element, HtmlTemplateElement};

use crate::base::browser::document;

/// A new copy of what is in the template with this id, not on the page yet.
pub fn cast(id: &str) -> Option<DocumentFragment> {
    let template = document().get_element_by_id(id)?.dyn_into::<HtmlTemplateElement>().ok()?;
    template.content().clone_node_with_deep(true).ok()?.dyn_into().ok()
}

/// What the selector finds first in there.
pub fn part(of: &DocumentFragment, selector: &str) -> Option<Element> {
    of.query_selector(selector).ok().flatten()
}

/// Puts words into what the selector finds first.
pub fn write(of: &DocumentFragment, selector: &str, words: &str) {
    if let Some(part) = part(of, selector) {
        part.set_text_content(Some(words));
    }
}
