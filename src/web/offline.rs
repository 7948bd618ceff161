//! What a browser shows when it cannot reach us: a service worker that holds one page. Server side.
//!
//! The page stands in the text of the worker, which the browser keeps anyway: no cache is needed, so none can ever hold
//! what someone's page said.

use std::sync::Arc;

use axum::{extract::State, http::header, response::IntoResponse};
use serde_json::json;

use super::{bare_page, bare_page::BarePage};
use crate::base::state::AppState;

/// At the root, since a worker sees only what is below its own address.
pub const PATH: &str = "/offline.js";

const WORKER: &str = include_str!("offline.js");

/// Browsers tell of a network that is back, and not of a server: it is asked, too. What answers may be the login page of a
/// hotel: only an answer of ours has the number of a request.
const COME_BACK: &str = "const look = () => fetch(\"/healthz\", { cache: \"no-store\" }).then((answer) => \
                         answer.ok && answer.headers.has(\"x-request-id\") && location.reload()).catch(() => {}); \
                         addEventListener(\"online\", look); setInterval(look, 3000);";

const CONTENT: &str = "<p>Check your connection. If it's working, the server may be restarting.</p>\
                       <p>Anything you typed is still on the previous page. We'll reload this page when the connection \
                       is back.</p>";

/// Asked for again on each use (`no-cache`): a browser must not keep an old worker.
pub async fn worker(State(state): State<Arc<AppState>>) -> impl IntoResponse {
    let page = BarePage {
        title: "Can't reach Latchkey",
        content: &format!("{CONTENT}{}", bare_page::offer_help(state.config.support_contact.as_ref())),
        // An empty address is the one that could not be reached.
        ways: "<a href=\"\">Try again</a>",
        script: Some(COME_BACK),
        // The worker sees no cookies.
        theme: "",
    };
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        // What the worker itself may do: ask us.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    let (page, policy) = (json!(page.html()), json!(page.policy()));
    (headers, format!("const PAGE = {page};\nconst POLICY = {policy};\n\n{WORKER}"))
}
