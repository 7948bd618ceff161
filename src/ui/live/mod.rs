//! Makes the forms of a page react: a few listeners that serve all of them. Both sides; runs in the browser.
//!
//! The server renders the forms and finds the words, so nothing of a single form is in the browser's package. `data-live`
//! marks a [`Form`](super::form::Form), `data-pending` its button, `data-field` its fields, `data-shows` the button beside
//! a password, `data-after` what stands there after one error.

pub(super) mod answer;
mod pending;
mod reveal;
mod send;
mod wait;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, Event};

use super::elements;

/// For as long as the page lives.
pub fn listen() {
    window_event_listener(ev::submit, |event| send::submitted(&event));
    window_event_listener(ev::click, |event| reveal::clicked(&event));
    window_event_listener(ev::input, |event| typed(&event));
    // Whoever comes back to the page finds it ready.
    window_event_listener(ev::pagehide, |_| elements(&document(), pending::BUTTON).iter().for_each(pending::end));
    // What was refused before this script was there.
    for form in elements(&document(), "form[data-wait]") {
        let seconds = form.get_attribute("data-wait").and_then(|seconds| seconds.parse().ok());
        wait::begin(&form, seconds.unwrap_or_default());
    }
}

/// A new password is judged by the server while it is typed: see `password_client`.
fn typed(event: &Event) {
    let is_right = |input: &Element| input.matches("[data-field]:valid").unwrap_or(false);
    if let Some(input) = target(event).filter(is_right)
        && input.closest(".new-password").is_ok_and(|around| around.is_none())
    {
        answer::mended(&input);
    }
}

fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
