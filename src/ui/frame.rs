//! The frame of a page: its title for the tab, its heading, its content in cards. Server side.

use leptos::prelude::*;
use leptos_meta::Title;

use super::draw::Content;

/// A page with a heading, which is its title where nothing else is given. `narrow` for forms.
///
/// The title is a constant on purpose: leptos_meta writes it into the document without escaping, so no text that
/// someone typed may ever reach it.
#[component]
pub fn Page(
    title: &'static str,
    #[prop(optional, into)] heading: Option<String>,
    #[prop(optional)] narrow: bool,
    children: Content,
) -> impl IntoView {
    view! {
        <Title text=title />
        <main id="main" class=if narrow { "page narrow" } else { "page" } tabindex="-1">
            <h1>{heading.unwrap_or_else(|| title.to_owned())}</h1>
            {children.drawn()}
        </main>
    }
}

/// A part of a page, named by its heading.
#[component]
pub fn Card(
    id: &'static str,
    #[prop(into)] heading: String,
    #[prop(optional)] danger: bool,
    children: Content,
) -> impl IntoView {
    view! {
        <section class=if danger { "card danger" } else { "card" } aria-labelledby=id>
            <h2 id=id>{heading}</h2>
            {children.drawn()}
        </section>
    }
}

/// A link that loads a document. Pages are documents here: the server decides on each who may see it, and a document
/// brings its access token along.
#[component]
pub fn Link(
    #[prop(into)] href: String,
    #[prop(optional)] class: &'static str,
    #[prop(optional_no_strip)] current: Option<&'static str>,
    children: Content,
) -> impl IntoView {
    view! {
        <a href=href rel="external" class=class aria-current=current>
            {children.drawn()}
        </a>
    }
}
