//! The buttons that take something out of the page. Both sides; runs in the browser.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Event;

use super::{target_in, toast::toast};
use crate::base::browser::window;

pub fn clicked(event: &Event) {
    if let Some(text) = target_in(event, "[data-copy]").and_then(|button| button.get_attribute("data-copy")) {
        copy(&text);
    }
    if target_in(event, "[data-print]").is_some() {
        let _ = window().print();
    }
}

fn copy(text: &str) {
    let promise = window().navigator().clipboard().write_text(text);
    spawn_local(async move {
        toast(match JsFuture::from(promise).await {
            Ok(_) => "Copied.",
            Err(_) => "Your browser blocked this. Select the text and copy it.",
        });
    });
}
