//! Makes every page react: a few listeners that serve all its forms and buttons, and what the page does by itself. Both
//! sides; runs in the browser, on `web-sys` alone: all of it is in the package that every page loads.
//!
//! The server renders the forms and finds the words, so nothing of a single form is in there. `data-live` marks a
//! [`Form`](super::form::Form), `data-pending` its button, `data-field` its fields, `data-shows` the button beside a
//! password, `data-after` what stands there after one error, `data-form-error` the live region before a form. What is said in a box is cut from the boxes of
//! `ui/document.rs`.

mod answer;
mod appearance;
pub mod ask;
mod copy;
mod look_again;
mod molds;
mod pending;
mod reveal;
mod send;
mod strength;
mod times;
mod toast;
mod wait;
mod watch;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use super::elements;
use crate::base::browser::{document, hear};

/// For as long as the page lives.
pub fn listen() {
    hear("submit", |event| send::submitted(&event));
    hear("click", |event| {
        reveal::clicked(&event);
        copy::clicked(&event);
        look_again::clicked(&event);
    });
    hear("input", |event| typed(&event));
    hear("change", |event| appearance::changed(&event));
    strength::listen();
    times::keep_current();
    look_again::begin();
    watch::begin();
    // Whoever comes back to the page finds it ready.
    hear("pagehide", |_| elements(&document(), pending::BUTTON).iter().for_each(pending::end));
    // What was refused before this script was there.
    for form in elements(&document(), "form[data-wait]") {
        let seconds = form.get_attribute("data-wait").and_then(|seconds| seconds.parse().ok());
        wait::begin(&form, seconds.unwrap_or_default());
    }
}

/// A new password is judged by the server while it is typed: see [`strength`].
fn typed(event: &Event) {
    let is_right = |input: &Element| input.matches("[data-field]:valid").unwrap_or(false);
    if let Some(input) = target::<Element>(event).filter(is_right)
        && input.closest(".new-password").is_ok_and(|around| around.is_none())
    {
        answer::mended(&input);
    }
}

/// What was clicked, sent or typed into, where it is of this kind.
fn target<T: JsCast>(event: &Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

/// What was clicked, or what it stands in, where the selector finds it.
fn target_in(event: &Event, selector: &str) -> Option<Element> {
    target::<Element>(event)?.closest(selector).ok()?
}
