//! A text for programs, to be read or copied. Server side.

use leptos::prelude::*;

use super::copy::CopyButton;

/// Scrolls inside itself where a line is long; `what` names it for who hears the page.
#[component]
pub fn CodeBlock(#[prop(into)] text: String, what: &'static str) -> impl IntoView {
    view! {
        <div class="code-block">
            <pre tabindex="0" role="region" aria-label=what><code>{text.clone()}</code></pre>
            <CopyButton text what />
        </div>
    }
}
