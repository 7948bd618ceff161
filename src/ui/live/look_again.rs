//! Loads a page anew that shows work under way. Both sides; runs in the browser.

use std::time::Duration;

use web_sys::Event;

use super::target_in;
use crate::{
    base::browser::{after, document, window},
    ui::{elements, set_attribute},
};

/// As its button says.
const EVERY: Duration = Duration::from_secs(2);

/// The button that stops it.
const STOP: &str = "[data-looks-again]";

pub fn begin() {
    if elements(&document(), STOP).is_empty() {
        return;
    }
    after(EVERY, || {
        if !elements(&document(), STOP).is_empty() {
            let _ = window().location().reload();
        }
    });
}

pub fn clicked(event: &Event) {
    if let Some(button) = target_in(event, STOP) {
        set_attribute(&button, "data-looks-again", None);
        button.set_text_content(Some("Refreshing stopped"));
    }
}
