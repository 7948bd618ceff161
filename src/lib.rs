//! Latchkey: a login system you can read in an afternoon and run in production.
//!
//! The tour, in reading order. A room uses only those above it. Sessions protect the pages, access tokens protect the API,
//! and `auth::revocations` ends both at once. docs/ARCHITECTURE.md walks through it, hop by hop.

#![forbid(unsafe_code)]
// The view of an island is one type, as deep as its elements: without a box in between there is less for the browser.
#![recursion_limit = "256"]

/// Settings, database, clock, secrets, errors. Knows no user.
pub mod base;
/// Strength and hashing of passwords. Knows no account.
pub mod passwords;
/// The core: accounts, sessions, tokens, and what ends them. No HTTP, no pages.
pub mod auth;
/// HTTP: how requests reach the core, and what becomes of its results.
pub mod web;
/// The parts of pages. Know no feature.
pub mod ui;
/// Email: what it says, and who sends it.
#[cfg(feature = "ssr")]
pub mod mail;
/// The audit log: the chain that proves it, and the search.
#[cfg(feature = "ssr")]
pub mod audit;
/// Users besides login: lists, receipts in words, deletion.
pub mod people;
/// The site, one folder for each part.
pub mod pages;
/// Where everything comes together: services, pages, routes, the server.
#[cfg(feature = "ssr")]
pub mod serve;
/// The Lab, where both kinds of login are tried side by side.
#[cfg(feature = "lab")]
pub mod lab;
/// The command line.
#[cfg(feature = "ssr")]
pub mod cli;

#[cfg(test)]
mod tests;

/// The browser starts here: it makes the forms and islands react on a page that the server has rendered.
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
