//! The ways to the other pages of a list. Server side.

use leptos::prelude::*;
use url::form_urlencoded::Serializer;

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

/// The address of this page of a list. What is as without being said is not said.
pub fn address(path: &str, asked: &[(&str, &str)]) -> String {
    let said = asked.iter().copied().filter(|(_, value)| !value.is_empty());
    let query = Serializer::new(String::new()).extend_pairs(said).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
