//! The button of a form while the answer is on its way. It says so, and cannot be pressed again. Both sides; runs in the
//! browser.

use web_sys::Element;

use crate::ui::set_attribute;

/// Its first child is its label, its last the countdown of a [`wait`](super::wait).
pub const BUTTON: &str = "button[data-pending]";

pub fn button_of(form: &Element) -> Option<Element> {
    form.query_selector(BUTTON).ok().flatten()
}

/// Not `disabled`: the focus would be lost.
pub fn begin(button: &Element) {
    if let (Some(text), Some(pending)) = (button.first_child(), button.get_attribute("data-pending")) {
        set_attribute(button, "data-label", text.text_content().as_deref());
        text.set_text_content(Some(&pending));
        set_attribute(button, "aria-disabled", Some("true"));
    }
}

pub fn end(button: &Element) {
    if let (Some(text), Some(label)) = (button.first_child(), button.get_attribute("data-label")) {
        text.set_text_content(Some(&label));
        set_attribute(button, "data-label", None);
        set_attribute(button, "aria-disabled", None);
    }
}
