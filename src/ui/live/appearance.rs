//! The switch of the appearance: with JavaScript it needs no button and loads nothing anew. Both sides; runs in the
//! browser.

use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, HtmlInputElement, UrlSearchParams};

use super::{ask, target, target_in, toast::toast};
use crate::{base::browser::document, ui::set_attribute};

/// Shows it at once, and has the server remember it for the pages to come.
pub fn changed(event: &Event) {
    let Some(action) = target_in(event, "form.appearance").and_then(|form| form.get_attribute("action")) else {
        return;
    };
    let Some(input) = target::<HtmlInputElement>(event) else { return };
    let Some(root) = document().document_element() else { return };
    match input.type_() == "radio" {
        true => set_attribute(&root, "data-theme", Some(&input.value())),
        false => {
            set_attribute(&root, "data-contrast", Some(&if input.checked() { input.value() } else { String::new() }))
        }
    }
    let of = |name: &str| root.get_attribute(name).unwrap_or_default();
    let Ok(fields) = UrlSearchParams::new() else { return };
    fields.append("theme", &of("data-theme"));
    fields.append("contrast", &of("data-contrast"));
    spawn_local(async move {
        let answer = ask::post(&action, "application/json", &fields, None).await;
        if !answer.is_some_and(|response| response.ok()) {
            toast("This page has changed, but we couldn't reach the server, so the next one may not.");
        }
    });
}
