//! The frame of a page: its title for the tab, its heading, its content. Both sides.

use leptos::prelude::*;
use leptos_meta::Title;

use super::notice::Notice;
use crate::error::AppError;

/// A page with a heading, which is its title where nothing else is given. `narrow` for forms.
///
/// The title is a constant on purpose: leptos_meta writes it into the document without escaping, so no text that
/// somebody typed may ever reach it.
#[component]
pub fn Page(
    title: &'static str,
    #[prop(optional, into)] heading: Option<String>,
    #[prop(optional)] narrow: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title />
        <main id="main" class=if narrow { "page narrow" } else { "page" } tabindex="-1">
            <h1>{heading.unwrap_or_else(|| title.to_owned())}</h1>
            {children()}
        </main>
    }
}

/// A link that loads a document. Pages are documents here: the server decides on each who may see it, and a document
/// brings its access token along.
#[component]
pub fn Link(
    #[prop(into)] href: String,
    #[prop(optional)] class: &'static str,
    #[prop(optional, into)] current: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a href=href rel="external" class=class aria-current=current.then_some("page")>
            {children()}
        </a>
    }
}

/// What stands in place of a page that could not be made, with the status of the error.
#[component]
pub fn Refused(error: AppError) -> impl IntoView {
    crate::web::set_page_status(error.status());
    let (title, words) = match &error {
        AppError::NotAllowed => ("Not for this account", "This page is for administrators."),
        AppError::NotFound => ("Not found", "There is nothing at this address (any more)."),
        AppError::Busy => ("Busy", "The server cannot answer this right now. Wait a few seconds and reload the page."),
        _ => ("Something went wrong", "Reload the page. If it happens again, tell whoever runs this server."),
    };
    view! {
        <Page title=title narrow=true>
            <Notice kind="error">{error.to_string()}</Notice>
            <p>{words}</p>
            <p><Link href="/" class="button">"To the start page"</Link></p>
        </Page>
    }
}
