//! The button that shows a password. Both sides; runs in the browser.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement};

use super::target_in;
use crate::{base::browser::document, ui::elements};

pub fn clicked(event: &Event) {
    if let Some(button) = target_in(event, "[data-shows]") {
        turn(&button, true);
    }
}

/// Before a form is sent: the next password is not typed in the clear because the last one was, and password managers
/// know the field.
pub fn hide_all(form: &Element) {
    for button in elements(form, "[data-shows]") {
        turn(&button, false);
    }
}

/// Shows what is hidden, where that is allowed, and hides what is shown.
fn turn(button: &Element, may_show: bool) {
    let id = button.get_attribute("aria-controls").unwrap_or_default();
    let field = document().get_element_by_id(&id).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let (Some(field), Some(word)) = (field, button.first_child()) {
        let shows = may_show && field.type_() == "password";
        field.set_type(if shows { "text" } else { "password" });
        word.set_text_content(Some(if shows { "Hide" } else { "Show" }));
    }
}
