//! A message in a box. Both sides.

use leptos::prelude::*;

/// `kind`: info, success, warning or error. The word stands there too: colour alone tells nobody enough.
#[component]
pub fn Notice(kind: &'static str, children: Children) -> impl IntoView {
    let word = match kind {
        "error" => "Problem",
        "warning" => "Please note",
        "success" => "Done",
        _ => "Information",
    };
    view! {
        <div class=format!("notice {kind}")>
            <strong class="notice-word">{word}</strong>
            <div class="notice-words">{children()}</div>
        </div>
    }
}
