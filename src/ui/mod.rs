//! Parts of pages that know no feature. Both sides.

#[cfg(feature = "ssr")]
pub mod before;
#[cfg(feature = "ssr")]
pub mod chart;
#[cfg(feature = "ssr")]
pub mod code;
#[cfg(feature = "ssr")]
pub mod contact;
#[cfg(feature = "ssr")]
pub mod copy;
#[cfg(feature = "ssr")]
pub mod document;
#[cfg(feature = "ssr")]
pub mod draw;
#[cfg(feature = "ssr")]
pub mod empty;
#[cfg(feature = "ssr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod frame;
#[cfg(feature = "ssr")]
pub mod head;
pub mod live;
#[cfg(feature = "views")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod part_links;
#[cfg(feature = "ssr")]
pub mod password_field;
#[cfg(feature = "ssr")]
pub mod problems;
#[cfg(feature = "ssr")]
pub mod refused;
#[cfg(feature = "ssr")]
pub mod session_list;
#[cfg(feature = "ssr")]
pub mod table;
#[cfg(feature = "ssr")]
pub mod tabs;
#[cfg(feature = "ssr")]
pub mod turn;
pub mod when;

#[cfg(feature = "views")]
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, Node, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::base::browser::document;

/// Acts as soon as the page shows what was just set: behind the effects that this woke, and still before the next key
/// that someone presses. The next frame would be later, on a slow machine by much, and what is typed until then is lost.
/// For effects and handlers only.
#[cfg(feature = "views")]
pub fn after_render(act: impl FnOnce() + 'static) {
    spawn_local(async {
        tick().await;
        act();
    });
}

/// Moves the focus to the element with this id, if there is one. For effects and handlers only.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

/// Scrolls the element with this id into the window, as little as needed, if there is one. The focus stays. For effects and
/// handlers only.
pub fn bring_into_view(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Hides the element with this id, if there is one. For effects and handlers only.
pub fn hide(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        set_attribute(&element, "hidden", Some(""));
    }
}

/// What is in the input with this id, if there is one. For effects and handlers only.
pub fn input_value(id: &str) -> Option<String> {
    let element = document().get_element_by_id(id)?;
    element.dyn_into::<HtmlInputElement>().ok().map(|input| input.value())
}

/// Sets an attribute, or takes it away. For effects and handlers only.
pub fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// What a selector finds below an element or in the document, in order. For effects and handlers only.
pub fn elements(root: &Node, selector: &str) -> Vec<Element> {
    let found = match root.dyn_ref::<Element>() {
        Some(element) => element.query_selector_all(selector),
        None => document().query_selector_all(selector),
    };
    let Ok(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}
