//! The ways to the other pages of a list. Both sides.

use leptos::prelude::*;

use super::frame::Link;

/// Addresses of the neighbours, where there are any; nothing where the list fits on one page.
#[component]
pub fn Turn(
    /// What the list begins with, as its words say it: "First page", "Newest".
    #[prop(default = "First page")]
    first_label: &'static str,
    #[prop(default = "Next page")] next_label: &'static str,
    #[prop(optional_no_strip)] first: Option<String>,
    #[prop(optional_no_strip)] before: Option<String>,
    #[prop(optional_no_strip)] next: Option<String>,
) -> impl IntoView {
    (first.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="buttons" aria-label="Pages">
                {first.map(|href| view! { <Link href=href class="button quiet">{first_label}</Link> })}
                {before.map(|href| view! { <Link href=href class="button quiet">"Previous page"</Link> })}
                {next.map(|href| view! { <Link href=href class="button">{next_label}</Link> })}
            </nav>
        }
    })
}
