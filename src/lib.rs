//! Latchkey: a login system that you can read in an afternoon and run in production.
//!
//! The tour, in reading order; a module uses only those above it. Server-side sessions guard the pages, access tokens
//! guard the API, and `revocations` ends both at once.

#![forbid(unsafe_code)]
// The view of an island is one type, as deep as its elements: without a box in between there is less for the browser.
#![recursion_limit = "256"]

/// What everything stands on, and knows nobody.
pub mod base;
/// The core: accounts, sessions, tokens, and what ends them. No HTTP and no page.
pub mod auth;
/// The border: how HTTP comes to the core and goes from it.
pub mod web;
/// What pages are made of; knows no feature.
pub mod ui;
/// What is told by mail, and who takes it there.
#[cfg(feature = "ssr")]
pub mod mail;
/// The chain that proves what happened, and how it is searched.
#[cfg(feature = "ssr")]
pub mod audit;
/// The site, a folder for each part.
pub mod pages;
/// The Lab, where both kinds of login are tried side by side.
pub mod lab;
/// Where it comes together: services, pages, routes, the server.
#[cfg(feature = "ssr")]
pub mod serve;
/// The command line.
#[cfg(feature = "ssr")]
pub mod cli;

#[cfg(test)]
mod tests;

/// Where the browser begins: makes the forms and the islands of the page that the server has rendered react.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    ui::live::listen();
    ui::password_client::listen();
    leptos::mount::hydrate_islands();
    leptos::prelude::set_interval(ui::when::keep_current, std::time::Duration::from_secs(30));
    // Tells style sheet and tests that the page reacts: controls that need scripts are hidden until then.
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "true");
    }
}
