//! Every route has a stated policy, and does what it says: who may call it, and that no other site can.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, header},
};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, HOST},
    on_both_databases,
};
use crate::serve::{pages, router::api};

/// The complete table, as people read it.
const TABLE: &str = include_str!("../../docs/ROUTES.md");

/// Who calls, in the order of the columns.
const CALLERS: [&str; 4] = ["anonymous", "user", "auditor", "admin"];

/// A row of the table.
struct Route<'a> {
    method: &'a str,
    path: &'a str,
    credential: Credential,
    /// Who gets more than a refusal, in the order of [`CALLERS`].
    lets_in: [bool; 4],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Credential {
    None,
    /// Pages, actions, the token bridge.
    Session,
    Token,
    /// Of an application: its own, where any site may call, or the token that a user let it have.
    Client,
    Grant,
}

/// Without the sections of parts that this program does not have.
fn table(app: &TestApp) -> Vec<Route<'static>> {
    let is_there = |section: &&str| {
        let title = section.lines().next().unwrap_or_default();
        let page = title.split('`').nth(1);
        page.is_none_or(|page| app.services.parts.iter().any(|part| part.pages().contains(&page)))
    };
    let lines = TABLE.split("\n## ").filter(is_there).flat_map(str::lines);
    let routes: Vec<Route<'_>> =
        lines.filter(|line| line.starts_with("| ") && line.contains(" | `/")).map(route).collect();
    assert!(routes.len() > 50, "the table is read");
    routes
}

fn route(line: &'static str) -> Route<'static> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [method, path, credential, callers @ ..] = &*cells else { panic!("{line}") };
    let credential = match *credential {
        "none" => Credential::None,
        "session" => Credential::Session,
        "client" => Credential::Client,
        "grant" => Credential::Grant,
        // With the scope for applications.
        token if token.split(' ').next() == Some("token") => Credential::Token,
        _ => panic!("{line}"),
    };
    let lets_in = callers.iter().map(|cell| match *cell {
        "yes" => true,
        "no" => false,
        _ => panic!("{line}"),
    });
    let lets_in = lets_in.collect::<Vec<_>>().try_into().expect("four callers");
    Route { method, path: path.trim_matches('`'), credential, lets_in }
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"];

fn address(path: &str) -> String {
    path.replace("{id}", "0").replace("{sid}", "0").replace("{act}", "disable").replace("{name}", "0")
}

/// Calls a route with fields that every action understands or refuses as a whole.
async fn call(caller: &mut Caller, method: &str, path: &str) -> Answer {
    let method: Method = method.parse().expect("a method");
    let accept =
        if path.starts_with("/api") || path.starts_with("/actions") { "application/json" } else { "text/html" };
    let request =
        caller.request(method, &address(path)).header("sec-fetch-site", "same-origin").header(header::ACCEPT, accept);
    let (kind, body) = if path.starts_with("/actions") {
        let form = "attack=payload&by=force&rounds=100&code=0&device=0&id=0&event=0&confirmation=a&role=user&user=0&kid=0&reason=why&words=&after=&email=a%40b.cc&password=correct+horse+battery&new_password=0123456789&sid=0&name=a&token=0&next=";
        ("application/x-www-form-urlencoded", form)
    } else {
        ("application/json", r#"{"reason":"why"}"#)
    };
    let request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).expect("a request");
    caller.send(request).await
}

/// Refused as who may not: 401, 403, or a redirect to the log-in page.
fn is_refused(answer: &Answer) -> bool {
    // What is said to who may call, and has something to do first.
    let let_in = ["WrongCredentials", "LogInAgain", "NotVerified"].iter().any(|word| answer.text().contains(word));
    matches!(answer.status, 401 | 403) && !let_in || answer.header("location").starts_with("/login?next=")
}

on_both_databases! {
    async fn every_route_lets_in_exactly_whom_the_table_names(app: TestApp) {
        let app = app.and_parts().await;
        app.logged_in("alice").await;
        app.admin().await;
        app.auditor("otto").await;
        for Route { method, path, credential, lets_in } in table(&app) {
            // No feed runs here, and `/readyz` would say so after five seconds.
            app.services.revocations.sync().await.expect("the feed");
            // Sessions of their own: some routes end the session that calls them.
            let mut callers = [app.anonymous(), app.anonymous(), app.anonymous(), app.anonymous()];
            for (caller, name) in callers[1..].iter_mut().zip(["alice", "otto", "ada"]) {
                assert_eq!(caller.log_in(name, PASSWORD).await.status, 200);
                assert_eq!(caller.renew().await.status, 200);
            }
            for ((name, may), mut caller) in CALLERS.into_iter().zip(lets_in).zip(callers) {
                let answer = call(&mut caller.copy(), method, path).await;
                assert_eq!(!is_refused(&answer), may, "{method} {path} as {name}: {} {}", answer.status, answer.text());
                assert!(answer.status < 500, "{method} {path} as {name}: {}", answer.text());
                // A page does not take the access token, and the API does not take the session.
                let right_half = if credential == Credential::Token { "__Host-access" } else { "__Host-session" };
                caller.cookies.remove(right_half);
                let answer = call(&mut caller, method, path).await;
                let refused = is_refused(&answer);
                assert_eq!(refused, !matches!(credential, Credential::None | Credential::Client), "{method} {path} as {name} without {right_half}");
            }
        }
    }

    async fn no_other_site_reaches_an_unsafe_route(app: TestApp) {
        let admin = app.admin().await;
        let evil: &[&[(&str, &str)]] = &[
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "http://other.localhost:3000")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "http://localhost:3001")],
            &[("origin", "https://localhost:3000")],
            &[("origin", "http://localhost:3000.evil.example")],
            &[("origin", "http://badlocalhost:3000")],
            &[("origin", "http://localhos%74:3000")],
            &[("referer", "https://evil.example/page")],
            &[("referer", "http://localhost:3000.evil.example/")],
            &[("referer", "http://localhost:3000@evil.example/")],
        ];
        let guarded = |route: &Route<'_>| route.method != "GET" && route.credential != Credential::Client && route.path != "/oauth/userinfo";
        for Route { method, path, .. } in table(&app).into_iter().filter(guarded) {
            for headers in evil {
                let mut caller = admin.copy();
                let mut request = Request::builder().method(method).uri(address(path)).header(header::HOST, HOST);
                let line: Vec<String> = caller.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request = request.header(header::COOKIE, line.join("; ")).header(header::ACCEPT, "application/json");
                for (name, value) in *headers {
                    request = request.header(*name, *value);
                }
                let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                let answer = caller.send(request.body(Body::from("email=a%40b.cc&password=0123456789")).expect("a request")).await;
                assert_eq!((answer.status, answer.code()), (403, "cross_site".into()), "{method} {path} {headers:?}");
                assert!(answer.headers.get(header::SET_COOKIE).is_none());
            }
        }
        assert_eq!(admin.copy().open("/dashboard").await.status, 200, "nobody was logged out");
    }

    async fn the_table_is_complete(app: TestApp) {
        let stated: BTreeSet<(String, String)> =
            table(&app).iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
        let mut found = BTreeSet::new();
        let parts = &app.services.parts;
        for path in pages::PATHS.iter().chain(parts.iter().flat_map(|part| part.pages())) {
            found.insert(("GET".to_owned(), (*path).to_owned()));
        }
        for (path, method) in leptos::server_fn::axum::server_fn_paths() {
            found.insert((method.to_string(), path.to_owned()));
        }
        let fixed = [
            "/api/v1/token",
            "/session/events",
            "/account/second-factor/codes.txt",
            "/account/data/export",
            "/admin/audit/export",
            "/.well-known/jwks.json",
            "/.well-known/change-password",
            "/.well-known/security.txt",
            "/offline.js",
            "/healthz",
            "/readyz",
        ];
        let of_parts = parts.iter().flat_map(|part| part.routes().into_iter().chain(part.open())).map(|(path, _)| path);
        for path in api(parts).iter().map(|(path, _)| *path).chain(of_parts).chain(fixed) {
            for method in METHODS {
                let answer = call(&mut app.anonymous(), method, path).await;
                if answer.status != 405 {
                    found.insert((method.to_owned(), path.to_owned()));
                } else {
                    assert!(!answer.header("allow").is_empty(), "{method} {path} names what it takes");
                }
            }
        }
        assert_eq!(found, stated);
    }

    async fn reading_changes_nothing(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let paths = ["log_out", "force_logout", "disable_user", "change_role", "delete_user", "rotate_keys", "kill_key", "not_me", "delete_account"].map(|action| format!("/actions/{action}"));
        for path in paths.iter().map(String::as_str).chain(["/logout", "/api/v1/token"]) {
            let answer = alice.open(path).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        }
        assert_eq!(alice.open("/dashboard").await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }
}
