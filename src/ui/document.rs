//! What stands in every document, beside its page: the start of the browser package, the boxes that `live` speaks through,
//! the reader's time zone. Server side.

use leptos::prelude::*;
use serde_json::json;

use super::{
    contact::AskForHelp,
    notice::Notice,
    problems::{AtInput, Problems},
};
use crate::web::assets::{Module, Package};

/// Starts the browser package.
const START: &str = include_str!("start.js");

/// A text of its own and no part of the browser package: it runs before the page is painted, so nothing moves.
const ZONE: &str = include_str!("zone.js");

/// In the head: what every page needs begins to load at once. What islands need is loaded where there are some.
#[component]
pub fn StartScript(package: &'static Package) -> impl IntoView {
    let Module { js, wasm } = &package.page;
    let modules = [&package.page, &package.islands].map(|module| json!([module.js, module.wasm]).to_string());
    view! {
        <link rel="modulepreload" href=js.as_str() />
        <link rel="preload" href=wasm.as_str() r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script type="module" nonce=use_nonce()>{format!("{}({});", START.trim_end(), modules.join(", "))}</script>
    }
}

/// Over every page of someone who is logged in: says it when the session ends, at once and without a click. `live` fills it
/// in. `user_id`, `sid`: whom and which session the page was made for.
#[component]
pub fn SessionWatch(user_id: String, sid: String) -> impl IntoView {
    view! {
        <dialog
            id="session-watch"
            class="dialog"
            role="alertdialog"
            aria-labelledby="ended-why"
            aria-describedby="ended-kept"
            data-user=user_id
            data-sid=sid
        ></dialog>
        <template id="mold-ended">
            <h2 id="ended-why" tabindex="-1"></h2>
            <p class="muted"><time class="moment"></time></p>
            <p id="ended-kept">"Anything you typed is still on this page."</p>
            <p class="after-not-me">
                "Choose a new password with the link we emailed you, or on the device where you reported it."
            </p>
            <p class="after-disabled"><AskForHelp /></p>
            <div class="buttons">
                <a rel="external" class="button primary"></a>
                <button type="button" class="button">"Stay on this page"</button>
            </div>
        </template>
        <template id="mold-nothing-is-saved">
            <Notice kind="warning">
                <p></p>
                <p class="after-disabled"><AskForHelp /></p>
                <a target="_blank" rel="noopener" class="button"></a>
            </Notice>
        </template>
    }
}

/// Where a word in passing appears: what a button without a page of its own has done. In every page from the start: a live
/// region that comes with its words is not read out.
#[component]
pub fn Toasts() -> impl IntoView {
    view! { <div id="toasts" class="toasts" aria-live="polite"></div> }
}

/// What `live` says in a box on any page: the boxes, without their words.
#[expect(clippy::unused_unit, reason = "the words of a notice come later")]
#[component]
pub fn Molds() -> impl IntoView {
    let field = AtInput { id: String::new(), words: String::new() };
    view! {
        <template id="mold-notice"><Notice kind="info">{()}</Notice></template>
        <template id="mold-problems"><Problems words="" fields=vec![field] /></template>
    }
}

/// Below everything that has times: shows them in the reader's zone. The server knows no zone and writes UTC, and says so;
/// without scripts that stays.
#[component]
pub fn ReadersZone() -> impl IntoView {
    view! { <script nonce=use_nonce()>{ZONE}</script> }
}
