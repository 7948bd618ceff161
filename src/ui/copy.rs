//! Buttons that take something out of the page: to the clipboard, to the printer. Both sides; both need scripts.

use leptos::prelude::*;

/// Copies `text`, and says so.
#[component]
pub fn CopyButton(
    text: String,
    /// What it is, for who hears the page.
    what: &'static str,
) -> impl IntoView {
    view! {
        <button type="button" class="button with-script" data-copy=text>
            "Copy"<span class="visually-hidden">" "{what}</span>
        </button>
    }
}

#[component]
pub fn PrintButton() -> impl IntoView {
    view! {
        <button type="button" class="button with-script" data-print="">
            "Print"
        </button>
    }
}
