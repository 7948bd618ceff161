//! Starts the browser package. Server side.

use leptos::prelude::*;
use serde_json::json;

use crate::web::assets::{Module, Package};

const SCRIPT: &str = include_str!("start.js");

/// In the head: what every page needs begins to load at once. What islands need is loaded where there are some.
#[component]
pub fn StartScript(package: &'static Package) -> impl IntoView {
    let Module { js, wasm } = &package.page;
    let modules = [&package.page, &package.islands].map(|module| json!([module.js, module.wasm]).to_string());
    view! {
        <link rel="modulepreload" href=js.as_str() />
        <link rel="preload" href=wasm.as_str() r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script type="module" nonce=use_nonce()>{format!("{}({});", SCRIPT.trim_end(), modules.join(", "))}</script>
    }
}
