//! Times in the reader's zone. The server knows no zone and writes UTC, and says so; without scripts that stays. Server
//! side in effect.

use leptos::prelude::*;

/// A text of its own and no part of the browser package: it runs before the page is painted, so nothing moves.
const SCRIPT: &str = include_str!("zone.js");

/// Below everything that has times.
#[component]
pub fn ReadersZone() -> impl IntoView {
    view! { <script nonce=use_nonce()>{SCRIPT}</script> }
}
