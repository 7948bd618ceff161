//! Latchkey: a login system that you can read in an afternoon and run in production.
//!
//! The tour, in reading order; a module uses only those above it. Server-side sessions guard the pages, access tokens
//! guard the API, and `revocations` ends both at once.

#![forbid(unsafe_code)]
// The view of an island is one type, as deep as its elements: without a box in between there is less for the browser.
#![recursion_limit = "256"]

// What everything stands on.
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod logging;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
pub mod db;
#[cfg(feature = "ssr")]
pub mod sealed;
#[cfg(feature = "ssr")]
pub mod state;
#[cfg(feature = "ssr")]
pub mod metrics;
#[cfg(feature = "ssr")]
pub mod connections;
#[cfg(feature = "ssr")]
pub mod caller;
pub mod error;
pub mod web;

// What pages are made of.
pub mod ui;

// How they look to whom.
pub mod appearance;

// The core: what happened, who exists, what they are told by mail, how often they may try, their second factor, what is
// dead, what happened in words, who has heard of it, the stateful half, the stateless half.
pub mod audit;
pub mod users;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod known_devices;
#[cfg(feature = "ssr")]
pub mod throttle;
pub mod second_factor;
pub mod revocations;
pub mod activity;
pub mod instances;
pub mod sessions;
pub mod tokens;

// The stories of getting in and of proving who one is; where actions meet them; what pages are found with.
#[cfg(feature = "ssr")]
pub mod auth;
#[cfg(feature = "ssr")]
pub mod border;
#[cfg(feature = "ssr")]
pub mod page_request;

// How one gets in and out, and proves again who one is.
pub mod login;

// Between the core and the features: whether a user reads the mail of the address.
pub mod verification;

// And the end of an account, which its owner and administrators can bring about.
#[cfg(feature = "ssr")]
pub mod deletion;

// Features; none imports another.
pub mod signup;
pub mod reset;
pub mod dashboard;
pub mod account;
pub mod notes;
pub mod admin;
pub mod lab;
pub mod home;

// Where it comes together.
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod services;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod router;
#[cfg(feature = "ssr")]
pub mod serve;
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
    users::client::listen();
    leptos::mount::hydrate_islands();
    leptos::prelude::set_interval(ui::when::keep_current, std::time::Duration::from_secs(30));
    // Tells style sheet and tests that the page reacts: controls that need scripts are hidden until then.
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "true");
    }
}
