//! The content security policy: of a page, and of everything else. Server side.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use leptos::{nonce::use_nonce, prelude::use_context};
use leptos_axum::ResponseOptions;

/// For whatever is no page: nothing may run, load or frame it.
pub const WITHOUT_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Sets the policy of the page whose forms lead to this origin, with the nonce that Leptos made for this response.
/// `wasm-unsafe-eval` lets the browser compile our WebAssembly and nothing else.
pub fn allow_forms_to(origin: &str) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action {origin}; \
         base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// For a page that brings its style, and perhaps a script, in its own text: these very texts and nothing else. A script may
/// ask us whether we are there.
pub fn of_bare_page(style: &str, script: Option<&str>) -> String {
    let script = script.map(|script| format!("script-src {}; connect-src 'self'; ", hash(script))).unwrap_or_default();
    format!(
        "default-src 'none'; style-src {}; {script}frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        hash(style)
    )
}

/// The name of an inline text (CSP 3, hash-source).
fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes())))
}
