//! The shape of what is on its way, so that nothing moves when it comes. Both sides.

use leptos::prelude::*;

/// So many lines; `what` is said to who hears the page.
#[component]
pub fn Skeleton(lines: usize, what: &'static str) -> impl IntoView {
    view! {
        <div class="skeleton" aria-busy="true">
            <p class="visually-hidden">{what}</p>
            {(0..lines).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
}
