//! The way between pages that belong together. Server side.

use leptos::prelude::*;

use super::{
    frame::Link,
    part_links::{Place, links_at},
};
use crate::web::page::path;

/// `pages`: address and label of each, before those of the parts; the one that is shown is marked, or else the nearest above it.
#[component]
pub fn Tabs(
    label: &'static str,
    pages: &'static [(&'static str, &'static str)],
    /// The page that leads to this one, where the address does not say so.
    #[prop(optional)]
    below: Option<&'static str>,
) -> impl IntoView {
    let path = path();
    let of_parts = links_at(Place::Tabs(label)).into_iter().map(|link| (link.href, link.label));
    let pages: Vec<(&str, &str)> = pages.iter().copied().chain(of_parts).collect();
    let is_above = |href: &str| path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let nearest =
        pages.iter().map(|(href, _)| *href).filter(|href| is_above(href)).max_by_key(|href| href.len()).or(below);
    view! {
        <nav class="tabs" aria-label=label>
            {pages
                .into_iter()
                .map(|(href, label)| {
                    let current = (nearest == Some(href)).then_some(if path == href { "page" } else { "true" });
                    view! { <Link href current>{label}</Link> }
                })
                .collect_view()}
        </nav>
    }
}
