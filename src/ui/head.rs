//! What the head of every document says about the site: icons, manifest, the card that a shared link shows. Server
//! side.

use leptos::prelude::*;

use crate::{base::state::AppState, web::page::path};

const CARD_ALT: &str = "One login leads to a session for the pages and to a token for the API; one switch cuts both.";

/// A worker that shows a page when there is no connection. Where browsers have none, nothing happens.
const KEEP_OFFLINE_PAGE: &str =
    "addEventListener(\"load\", () => navigator.serviceWorker?.register(\"/offline.js\").catch(() => {}));";

#[component]
pub fn SiteHead() -> impl IntoView {
    // Other sites want whole addresses.
    let base = expect_context::<AppState>().config.issuer();
    let (title, description) = match &*path() {
        "/lab" => (
            "Sessions or JWTs? Try both.",
            "A session and a JWT side by side on a live server: decode them, measure them, revoke them, attack them. No account needed.",
        ),
        _ => (
            "Latchkey: one login, two credentials, one switch",
            "A login system: sessions for pages, tokens for the API, one switch that ends both.",
        ),
    };
    view! {
        <meta name="description" content=description />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
        <link rel="manifest" href="/manifest.webmanifest" />
        {card("og:type", "website")}
        {card("og:site_name", "Latchkey")}
        {card("og:title", title)}
        {card("og:description", description)}
        {card("og:image", &format!("{base}/card.png"))}
        {card("og:image:width", "1200")}
        {card("og:image:height", "630")}
        {card("og:image:alt", CARD_ALT)}
        <meta name="twitter:card" content="summary_large_image" />
        <script nonce=use_nonce()>{KEEP_OFFLINE_PAGE}</script>
    }
}

/// One line of the card (Open Graph).
fn card(property: &'static str, content: &str) -> impl IntoView + use<> {
    leptos::html::meta().attr("property", property).content(content.to_owned())
}
