//! The way between pages that belong together. Both sides.

use leptos::prelude::*;

use super::frame::Link;

/// `pages`: address and label of each; the one that is shown, or that the shown one lies below, is marked.
#[component]
pub fn Tabs(label: &'static str, pages: &'static [(&'static str, &'static str)]) -> impl IntoView {
    let path = leptos_router::hooks::use_location().pathname.get_untracked();
    view! {
        <nav class="tabs" aria-label=label>
            {pages
                .iter()
                .map(|(href, label)| {
                    let current = match path.strip_prefix(href) {
                        Some("") => Some("page"),
                        Some(_) => Some("true"),
                        None => None,
                    };
                    view! { <Link href=*href current>{*label}</Link> }
                })
                .collect_view()}
        </nav>
    }
}
