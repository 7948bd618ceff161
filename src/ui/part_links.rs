//! Links to the parts of the product that can be taken out, in pages of others, which do not know them. Server side.

use leptos::prelude::*;

/// Where such a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the bar, for users who are logged in.
    BarInside,
    /// In the bar, for everyone.
    Bar,
    Footer,
    Home,
    Dashboard,
    /// Among the tabs of this label.
    Tabs(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub struct PartLink {
    pub place: Place,
    pub href: &'static str,
    pub label: &'static str,
}

/// Put into the context: the links of all parts, in their order.
#[derive(Clone, Default)]
pub struct PartLinks(pub Vec<PartLink>);

/// The links that stand in this place.
pub fn links_at(place: Place) -> Vec<PartLink> {
    let PartLinks(links) = use_context().unwrap_or_default();
    links.into_iter().filter(|link| link.place == place).collect()
}
