//! The times of a page, as they are now: it may stay open for hours. Both sides; runs in the browser.

use std::time::Duration;

use crate::{
    base::browser::{document, every},
    ui::{elements, when::ago},
};

const EVERY: Duration = Duration::from_secs(30);

/// The words of every [`Ago`](crate::ui::when::Ago), for as long as the page lives.
pub fn keep_current() {
    every(EVERY, || {
        let now = js_sys::Date::now() as i64;
        for time in elements(&document(), "time[data-at]") {
            if let Some(at) = time.get_attribute("data-at").and_then(|at| at.parse().ok()) {
                time.set_text_content(Some(&ago(at, now)));
            }
        }
    });
}
