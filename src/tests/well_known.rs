//! Where others look for what the operator has to say: whom to tell of a weakness, and how long https is meant.

use clap::Parser;

use super::app::{Settings, TestApp};
use crate::base::db::Kind;

const SECURITY_TXT: &str = "/.well-known/security.txt";

#[tokio::test]
async fn security_txt_names_the_contact_of_the_settings_and_is_not_there_without() {
    let app = TestApp::with(Kind::Sqlite, &["--security-contact", "mailto:security@example.com"]).await;
    let answer = app.anonymous().open(SECURITY_TXT).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert_eq!(
        answer.text(),
        "Contact: mailto:security@example.com\nExpires: 2026-01-31T00:00:00Z\nPreferred-Languages: en\n\
         Canonical: http://localhost:3000/.well-known/security.txt\n"
    );
    let without = TestApp::on(Kind::Sqlite).await.anonymous().open(SECURITY_TXT).await;
    assert_eq!(without.status, 404);
    assert!(!without.text().contains("Contact:"));
}

#[test]
fn a_contact_is_a_mail_address_or_a_page() {
    for good in ["mailto:security@example.com", "https://example.com/report", " https://example.com/ "] {
        assert!(Settings::try_parse_from(["latchkey", "--security-contact", good]).is_ok(), "{good}");
    }
    for wrong in ["security@example.com", "mailto:nobody", "http://example.com/", "javascript:alert(1)", "x"] {
        let words =
            Settings::try_parse_from(["latchkey", "--security-contact", wrong]).expect_err("a refusal").to_string();
        assert!(words.contains("mailto:security@example.com"), "{wrong}: {words}");
    }
}

#[test]
fn a_support_contact_is_an_email_address_or_a_web_address() {
    for (good, words, href) in [
        ("help@example.com", "help@example.com", "mailto:help@example.com"),
        (" mailto:Help@Example.com ", "help@example.com", "mailto:help@example.com"),
        ("https://example.com/help?a=b", "https://example.com/help?a=b", "https://example.com/help?a=b"),
    ] {
        let config = Settings::config_of(&["latchkey", "--support-contact", good]);
        let contact = config.support_contact.expect("a contact");
        assert_eq!((&*contact.words, &*contact.href), (words, href));
    }
    for wrong in ["nobody", "javascript:alert(1)", "ftp://example.com", "https://user:secret@example.com", "mailto:x"] {
        let words =
            Settings::try_parse_from(["latchkey", "--support-contact", wrong]).expect_err("a refusal").to_string();
        assert!(words.contains("such as help@example.com"), "{wrong}: {words}");
    }
}

#[tokio::test]
async fn preloading_of_https_is_asked_for_where_the_settings_say_so() {
    let production =
        ["--base-url", "https://accounts.example.com", "--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];
    let app = TestApp::with(Kind::Sqlite, &[&production[..], &["--hsts-preload"]].concat()).await;
    let answer = app.anonymous().open("/healthz").await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains; preload");
    let development = TestApp::with(Kind::Sqlite, &["--hsts-preload"]).await.anonymous().open("/healthz").await;
    assert_eq!(development.header("strict-transport-security"), "");
}
