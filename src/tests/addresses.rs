//! Who calls, on a socket for both kinds of addresses and behind proxies that are given as ranges.

use axum::{
    body::Body,
    http::{HeaderValue, Method},
};
use clap::Parser;
use serde_json::json;

use super::{
    app::{PASSWORD, Settings, TestApp},
    on_both_databases,
};
use crate::{
    base::db::Kind,
    web::seen::{QUESTION, Seen, question},
};

/// How the server sees a request from this peer, whose proxy has written `forwarded`.
async fn seen(app: &TestApp, peer: &str, forwarded: &str) -> Seen {
    let mut caller = app.anonymous().at_ip(peer);
    let asked = question(&app.services.secret, app.clock.now_ms());
    let request = caller
        .request(Method::GET, "/healthz")
        .header(QUESTION, HeaderValue::from_str(&asked).expect("a header"))
        .header("x-forwarded-for", forwarded);
    let answer = caller.send(request.body(Body::empty()).expect("a request")).await;
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("what it saw: {}", answer.text()))
}

#[tokio::test]
async fn an_address_is_the_same_on_a_socket_for_both_kinds_and_proxies_may_be_ranges() {
    let proxies = "10.0.0.0/8, 2001:db8:1::/48,::ffff:192.0.2.0/120,::ffff:198.51.100.1";
    let app = TestApp::with(Kind::Sqlite, &["--trusted-proxies", proxies]).await;
    for (peer, forwarded, shown, client) in [
        ("::ffff:10.0.0.5", "203.0.113.7", "10.0.0.5", "203.0.113.7"),
        ("10.255.0.1", "::ffff:203.0.113.7", "10.255.0.1", "203.0.113.7"),
        ("10.255.0.1", "[::ffff:203.0.113.7]:443", "10.255.0.1", "203.0.113.7"),
        ("10.0.0.5", "203.0.113.7, ::ffff:10.9.9.9", "10.0.0.5", "203.0.113.7"),
        ("192.0.2.9", "203.0.113.7", "192.0.2.9", "203.0.113.7"),
        ("198.51.100.1", "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("2001:db8:1:2::3", "2001:db8:9::1", "2001:db8:1:2::3", "2001:db8:9::1"),
        ("11.0.0.1", "203.0.113.7", "11.0.0.1", "11.0.0.1"),
        ("::ffff:11.0.0.1", "203.0.113.7", "11.0.0.1", "11.0.0.1"),
        ("192.0.3.9", "203.0.113.7", "192.0.3.9", "192.0.3.9"),
        ("198.51.100.2", "203.0.113.7", "198.51.100.2", "198.51.100.2"),
        ("2001:db8:2::3", "203.0.113.7", "2001:db8:2::3", "2001:db8:2::3"),
    ] {
        let seen = seen(&app, peer, forwarded).await;
        assert_eq!((&*seen.peer, &*seen.client), (shown, client), "{peer} with {forwarded}");
    }
}

#[test]
fn what_is_no_range_of_proxies_is_refused_with_an_example() {
    for wrong in ["10.0.0.0/33", "nonsense", "10.0.0", "::/129", "10.0.0.1/", "proxy.example.com"] {
        let words =
            Settings::try_parse_from(["latchkey", "--trusted-proxies", wrong]).expect_err("a refusal").to_string();
        assert!(words.contains(wrong) && words.contains("10.0.0.0/8"), "{wrong}: {words}");
    }
}

on_both_databases! {
    async fn ipv4_in_the_clothes_of_ipv6_is_written_down_as_ipv4(app: TestApp) {
        app.logged_in("alice").await;
        let mut alice = app.anonymous().at_ip("::ffff:203.0.113.7");
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(alice.renew().await.status, 200);
        let sessions = alice.api(Method::GET, "/api/v1/sessions", None).await.json();
        let ips: Vec<_> = sessions["sessions"].as_array().expect("a list").iter().map(|session| session["ip"].clone()).collect();
        assert!(ips.contains(&json!("203.0.113.7")), "{ips:?}");
        let mut admin = app.admin().await;
        for typed in ["203.0.113.7", "%3A%3Affff%3A203.0.113.7"] {
            let page = admin.open(&format!("/admin/sessions?ip={typed}")).await;
            assert_eq!(page.status, 200);
            assert!(page.text().contains("alice"), "{typed}");
            assert!(admin.open(&format!("/admin/audit?ip={typed}")).await.text().contains("alice"), "{typed}");
        }
        for page in ["/admin/sessions?ip=zzz", "/admin/audit?ip=zzz"] {
            let shown = admin.open(page).await.text();
            assert!(shown.contains("Enter an IP address like 192.0.2.7 or 2001:db8::7.") && !shown.contains(" match."), "{shown}");
        }
    }
}
