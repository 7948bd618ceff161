//! What stands where there is nothing to show: why, and what can be done. Server side.

use leptos::prelude::*;

use super::frame::Link;

/// `next`: address and label of the next step, where there is one.
#[component]
pub fn Empty(
    #[prop(into)] why: String,
    #[prop(optional_no_strip)] next: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{why}</p>
            {next.map(|(href, label)| view! { <p><Link href=href>{label}</Link></p> })}
        </div>
    }
}
