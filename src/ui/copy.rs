//! Buttons that take something out of the page: to the clipboard, to the printer. Both sides; both need scripts.

use leptos::{prelude::*, task::spawn_local};

use super::toast::toast;

/// Copies `text`, and says so.
#[island]
pub fn CopyButton(
    text: String,
    /// What it is, for who hears the page.
    what: String,
) -> impl IntoView {
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text);
        spawn_local(async move {
            match wasm_bindgen_futures::JsFuture::from(promise).await {
                Ok(_) => toast("Copied."),
                Err(_) => toast("Your browser blocked this. Select the text and copy it."),
            }
        });
    };
    view! {
        <button type="button" class="button with-script" on:click=copy>
            "Copy"<span class="visually-hidden">" "{what}</span>
        </button>
    }
}

#[island]
pub fn PrintButton() -> impl IntoView {
    view! {
        <button type="button" class="button with-script" on:click=move |_| { let _ = window().print(); }>
            "Print"
        </button>
    }
}
