//! Waiting until another try is worth it. Both sides; runs in the browser. Without JavaScript there is the sentence alone.

use std::time::Duration;

use web_sys::Element;

use super::{answer::say, pending::button_of};
use crate::{base::browser::after, ui::set_attribute};

/// How often the countdown looks at the clock.
const TICK: Duration = Duration::from_millis(250);

/// Counts down on the button, which does nothing meanwhile. Only the beginning and the end are worth saying aloud.
pub fn begin(form: &Element, seconds: u32) {
    let Some(button) = button_of(form).filter(|_| seconds > 0) else { return };
    set_attribute(&button, "aria-disabled", Some("true"));
    tick(button, js_sys::Date::now() + f64::from(seconds) * 1000.0);
}

/// By the clock, not by counting: a browser lets timers of a tab in the background sleep.
fn tick(button: Element, end: f64) {
    // A whole number: to format a float costs the browser package ten kilobytes.
    let left = ((end - js_sys::Date::now()) / 1000.0).ceil() as i32;
    let Some(countdown) = button.last_element_child() else { return };
    set_attribute(&countdown, "hidden", (left < 1).then_some(""));
    if left < 1 {
        countdown.set_text_content(None);
        set_attribute(&button, "aria-disabled", None);
        if let Ok(Some(form)) = button.closest("form") {
            say(&form, "You can try again now.");
        }
        return;
    }
    countdown.set_text_content(Some(&format!("({left} s)")));
    after(TICK, move || tick(button, end));
}
