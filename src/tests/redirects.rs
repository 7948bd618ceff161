//! `next` leads to a page of this site, whatever it says.

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};

const HOSTILE: &[&str] = &[
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "http:evil.example",
    "https:evil.example",
    "http:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%09/evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    " //evil.example",
    "@evil.example",
    "//localhost:3000@evil.example",
    "..//evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/./\\evil.example",
    "evil.example",
    "/\u{0}/evil.example",
    "/\u{a0}/evil.example",
    "//evil\u{3002}example",
    "https://localhost:3000.evil.example/",
    "/dashboard\r\nSet-Cookie: a=b",
];

on_both_databases! {
    async fn every_hostile_next_lands_on_a_local_page(app: TestApp) {
        app.logged_in("alice").await;
        for next in HOSTILE {
            let mut alice = app.anonymous();
            let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("next", next)];
            let answer = alice.submit("log_in", &fields, "/login").await;
            let location = answer.header("location");
            assert_eq!(answer.status, 303, "{next:?}");
            // What a browser makes of it.
            let page = url::Url::parse("http://localhost:3000/actions/log_in").expect("a base").join(location).expect("a page");
            assert_eq!(page.origin().ascii_serialization(), "http://localhost:3000", "{next:?} led to {location}");
            assert!(location.starts_with('/') && !location.starts_with("//"), "{next:?} led to {location}");
            let html = app.anonymous().open(&format!("/login?next={}", url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>())).await;
            assert!(html.status == 200 && !html.text().contains("href=\"javascript:"), "{next:?}");
        }
    }

    async fn a_page_of_ours_is_gone_to_with_its_query(app: TestApp) {
        app.logged_in("alice").await;
        for (next, expected) in [("/notes", "/notes"), ("/admin/users?q=a%20b", "/admin/users?q=a%20b"), ("", "/dashboard")] {
            let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("next", next)];
            let answer = app.anonymous().submit("log_in", &fields, "/login").await;
            assert_eq!(answer.header("location"), expected);
        }
    }
}
