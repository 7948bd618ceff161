//! Pages that say what went wrong: what they may load, and what a person can do next.

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    http::Method,
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    app::TestApp,
    caller::{Answer, Caller, main_of},
    on_both_databases,
};
use crate::{base::db::Kind, serve::router::with_layers};

/// The one text between `before` and `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect("a beginning");
    rest.split_once(after).expect("an end").0
}

/// As a browser names an inline style or script.
fn hash_of(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

async fn failing() -> Caller {
    failing_with(&[]).await
}

async fn failing_with(flags: &[&str]) -> Caller {
    async fn fail() -> &'static str {
        panic!("planted")
    }
    let app = TestApp::with(Kind::Sqlite, flags).await;
    Caller::of(with_layers(Router::new().route("/fail", get(fail)).route("/actions/fail", post(fail)), &app.services))
}

#[tokio::test]
async fn an_error_page_brings_its_own_style_and_may_load_nothing() {
    let page = failing().await.open("/fail").await;
    let (html, policy) = (page.text(), page.header("content-security-policy"));
    assert_eq!(page.status, 500);
    assert!(policy.contains(&format!("style-src {};", hash_of(between(&html, "<style>", "</style>")))), "{policy}");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("script-src"), "{policy}");
    for foreign in ["<script", "<link", "src=", "style=", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert!(html.contains("color-scheme: light dark"), "it is not white at night");
    let mut chooser = failing().await;
    for (chosen, shown) in [("dark.", "dark"), ("light.more", "light"), ("\"><script>", "")] {
        chooser.cookies.insert("__Host-appearance".into(), chosen.into());
        let html = chooser.open("/fail").await.text();
        assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"en\" data-theme=\"{shown}\">")), "{html}");
    }
}

#[tokio::test]
async fn an_error_page_says_what_happened_what_to_do_and_the_number() {
    let mut caller = failing().await;
    let read = caller.open("/fail").await;
    let number = format!("<code>{}</code>", read.header("x-request-id"));
    assert!(read.text().contains(&number) && read.text().contains("quote the request ID"));
    assert!(read.text().contains("<a href=\"\">Try again</a><a href=\"/\">"), "{}", read.text());
    let sent = caller.submit("fail", &[], "/login").await;
    assert_eq!(sent.status, 500);
    assert!(sent.text().contains("Your browser keeps what you typed"));
    assert!(!sent.text().contains("Try again</a>"), "nothing is sent twice by a link");
    let wrong = TestApp::on(Kind::Sqlite).await.anonymous().open("/actions/log_in").await;
    assert!(wrong.status >= 400 && wrong.text().contains("<a href=\"/\">Go to start page</a>"), "{}", wrong.text());
}

#[tokio::test]
async fn an_error_page_names_the_contact_of_the_settings() {
    let page = failing_with(&["--support-contact", "https://example.com/help?a&b"]).await.open("/fail").await.text();
    assert!(
        page.contains("<a href=\"https://example.com/help?a&amp;b\">https://example.com/help?a&amp;b</a>"),
        "{page}"
    );
    assert!(failing().await.open("/fail").await.text().contains("contact your administrator"));
}

#[tokio::test]
async fn every_page_that_says_no_names_the_contact_and_none_offers_help_without_one() {
    const WHOM: &str = "href=\"mailto:help@example.com\"";
    let refusing = [
        ("/nowhere", 404),
        ("/actions/log_in", 405),
        ("/admin/users", 403),
        ("/verify", 410),
        ("/reset", 410),
        ("/not-me", 410),
        ("/second-factor/keep", 410),
        ("/verify-email", 410),
        ("/offline.js", 200),
    ];
    for flags in [&["--support-contact", "help@example.com"][..], &[]] {
        let app = TestApp::with(Kind::Sqlite, flags).await;
        let mut alice = app.logged_in("alice").await;
        for (path, status) in refusing {
            let answer = alice.open(path).await;
            let page = answer.text().replace('\\', "");
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(page.contains(WHOM), !flags.is_empty(), "{path}: {page}");
            assert_eq!(page.contains("Need help?"), !flags.is_empty(), "{path}: {page}");
        }
    }
}

#[tokio::test]
async fn the_offline_page_is_in_the_worker_and_the_worker_is_always_asked_for() {
    let mut visitor = TestApp::on(Kind::Sqlite).await.anonymous();
    let worker: Answer = visitor.open("/offline.js").await;
    assert_eq!((worker.status, worker.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(worker.header("cache-control"), "no-cache");
    let text = worker.text();
    let constant = |name: &str| -> String {
        serde_json::from_str(between(&text, &format!("const {name} = "), ";\n")).expect("a text")
    };
    let (page, policy) = (constant("PAGE"), constant("POLICY"));
    assert!(page.contains("Can't reach Latchkey") && page.contains("<a href=\"\">Try again</a>"));
    for (kind, begin, end) in [("style-src", "<style>", "</style>"), ("script-src", "<script>", "</script>")] {
        assert!(policy.contains(&format!("{kind} {};", hash_of(between(&page, begin, end)))), "{policy}");
    }
    assert!(policy.contains("connect-src 'self';"), "{policy}");
    let script = between(&page, "<script>", "</script>");
    assert!(
        script.contains("setInterval(look, 3000)") && script.contains("addEventListener(\"online\", look)"),
        "{script}"
    );
    let asked = visitor.open(between(script, "fetch(\"", "\"")).await;
    assert!(asked.status == 200 && !asked.header("x-request-id").is_empty(), "what it asks for is there");
    assert!(!text.contains("caches."), "it keeps nothing");
    let policy = visitor.open("/").await.header("content-security-policy").to_owned();
    assert!(policy.contains("worker-src 'self';"), "{policy}");
}

on_both_databases! {
    async fn a_refusal_says_who_one_is_and_leads_on(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let refused = alice.open("/admin/users").await;
        let html = refused.text();
        let main = main_of(&html);
        assert_eq!(refused.status, 403);
        assert!(main.contains("alice@example.com") && main.contains("Ask one for access."), "{main}");
        assert!(main.contains("href=\"/dashboard\""), "{main}");
        assert!(main.contains(refused.header("x-request-id")), "{main}");
        let nowhere = alice.open("/nowhere").await.text();
        assert!(main_of(&nowhere).contains("href=\"/dashboard\"") && main_of(&nowhere).contains("Check the address."), "{nowhere}");
        let visitor = app.anonymous().open("/nowhere").await.text();
        assert!(!main_of(&visitor).contains("/dashboard") && main_of(&visitor).contains("href=\"/\""), "{visitor}");
        let dead = app.anonymous().open_setup("wrong").await;
        assert_eq!(dead.status, 404);
        assert!(dead.text().contains("This link doesn't work"));
    }

    async fn every_page_names_its_card_by_a_whole_address(app: TestApp) {
        for path in ["/", "/login", "/nowhere"] {
            let html = app.anonymous().open(path).await.text();
            assert!(html.contains("property=\"og:image\" content=\"http://localhost:3000/card.png\""), "{html}");
            assert!(html.contains("rel=\"manifest\" href=\"/manifest.webmanifest\""), "{html}");
        }
        let answer = app.anonymous().api(Method::GET, "/nowhere", None).await;
        assert_eq!(answer.status, 404);
    }
}
