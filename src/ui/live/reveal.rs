//! The button that shows a password. Both sides; runs in the browser.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::{Event, HtmlInputElement};

use super::target;

pub fn clicked(event: &Event) {
    let Some(button) = target(event).and_then(|element| element.closest("[data-shows]").ok()?) else { return };
    let id = button.get_attribute("aria-controls").unwrap_or_default();
    let field = document().get_element_by_id(&id).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let (Some(field), Some(word)) = (field, button.first_child()) {
        let shows = field.type_() == "password";
        field.set_type(if shows { "text" } else { "password" });
        word.set_text_content(Some(if shows { "Hide" } else { "Show" }));
    }
}
