//! Parts of pages that know no feature. Both sides.

pub mod chart;
pub mod code;
pub mod copy;
pub mod empty;
pub mod field;
pub mod form;
pub mod frame;
pub mod head;
pub mod look_again;
pub mod notice;
pub mod number;
pub mod skeleton;
pub mod table;
pub mod refused;
pub mod tabs;
pub mod toast;
pub mod turn;
pub mod wait;
pub mod when;

use leptos::{prelude::document, wasm_bindgen::JsCast};
use web_sys::{HtmlElement, HtmlInputElement};

/// Moves the focus to the element with this id, if there is one. For effects and handlers only.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

/// Hides the element with this id, if there is one. For effects and handlers only.
pub fn hide(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let _ = element.set_attribute("hidden", "");
    }
}

/// What is in the input with this id, if there is one. For effects and handlers only.
pub fn input_value(id: &str) -> Option<String> {
    let element = document().get_element_by_id(id)?;
    element.dyn_into::<HtmlInputElement>().ok().map(|input| input.value())
}

/// Empties the input with this id. For effects and handlers only.
pub fn clear_input(id: &str) {
    let input = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        input.set_value("");
    }
}
