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
#[cfg(feature = "ssr")]
pub mod people;
/// The site, one folder for each part.
#[cfg(feature = "views")]
pub mod pages;
/// Where everything comes together: services, pages, routes, the server.
#[cfg(feature = "ssr")]
pub mod serve;
/// The authorization server: other applications log users in here, and call the API for them.
#[cfg(all(feature = "oauth", feature = "ssr"))]
pub mod oauth;
/// The Lab, where both kinds of login are tried side by side.
#[cfg(feature = "lab")]
pub mod lab;
/// The command line.
#[cfg(feature = "ssr")]
pub mod cli;

/// Of every program with the server in it.
#[cfg(feature = "ssr")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps memory in pages of the usual size. The allocator asks for those of 2 MB, with which an idle server holds 15 MB more;
/// neither a request nor a hash is quicker. For the first line of a program: what it has by then stays as it is.
#[cfg(feature = "ssr")]
pub fn use_small_pages() {
    // A system that refuses it does without.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// A file that grows beyond what the system allows (`ulimit -f`) ends a program without a word. Who listens to the signal
/// gets an error instead, which is logged. For the first line within tokio.
#[cfg(feature = "ssr")]
pub fn outlive_full_files() {
    // What was listened to once stays so.
    #[cfg(unix)]
    let _ =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
}

#[cfg(test)]
mod tests;

/// Every page starts here in the browser: its forms and buttons react, and it hears of the end of its session.
#[cfg(feature = "page")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn listen() {
    console_error_panic_hook::set_once();
    ui::live::listen();
}

/// The islands of a page start here, where it has some: the package that this is in is loaded for them alone.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
