//! Where a word in passing appears: what a button without a page of its own has done. Both sides; `live` says the word.

use leptos::prelude::*;

/// In every page from the start: a live region that comes with its words is not read out.
#[component]
pub fn Toasts() -> impl IntoView {
    view! { <div id="toasts" class="toasts" aria-live="polite"></div> }
}
