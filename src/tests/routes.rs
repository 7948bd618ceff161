//! Every route has a stated policy, and does what it says: who may call it, and that no other site can.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, header},
};

use super::{
    app::TestApp,
    caller::{Answer, Caller, HOST},
    on_both_databases,
};
use crate::router::{api, pages};

/// Who gets more than a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anyone,
    /// A session (pages, actions, the token bridge).
    User,
    /// A session of an administrator.
    Admin,
    /// An access token, and no session.
    Token,
    /// An access token of an administrator.
    AdminToken,
}

use Who::{Admin, AdminToken, Anyone, Token, User};

/// The complete table. `:id` and `{id}` stand for a user who does not exist.
const TABLE: &[(&str, &str, Who)] = &[
    ("GET", "/", Anyone),
    ("GET", "/signup", Anyone),
    ("GET", "/login", Anyone),
    // Open to who has given the right password only; see second_factor.rs.
    ("GET", "/login/code", Anyone),
    // Open to who holds the one-time token only; see accounts.rs.
    ("GET", "/setup", Anyone),
    // Open to everybody; what they open needs the token of a link; see verification.rs and reset.rs.
    ("GET", "/verify", Anyone),
    ("GET", "/verify/sent", Anyone),
    ("GET", "/forgot", Anyone),
    ("GET", "/forgot/sent", Anyone),
    ("GET", "/reset", Anyone),
    ("GET", "/verify-email", User),
    ("GET", "/dashboard", User),
    ("GET", "/confirm", User),
    ("GET", "/notes", User),
    ("GET", "/account", User),
    ("GET", "/account/profile", User),
    ("GET", "/account/profile/email", User),
    ("GET", "/account/devices", User),
    ("GET", "/account/password", User),
    ("GET", "/account/second-factor", User),
    ("GET", "/account/second-factor/set-up", User),
    ("GET", "/account/second-factor/codes", User),
    ("POST", "/account/second-factor/codes.txt", User),
    ("GET", "/account/activity", User),
    ("GET", "/account/data", User),
    ("GET", "/account/data/export", User),
    ("GET", "/account/delete", User),
    ("GET", "/deleted", Anyone),
    // Open to who holds a link from a mail as well; see activity.rs. The same is true of the action.
    ("GET", "/not-me", User),
    ("GET", "/not-me/done", Anyone),
    ("GET", "/admin/users", Admin),
    ("GET", "/admin/users/:id", Admin),
    ("GET", "/admin/keys", Admin),
    ("GET", "/admin/keys/:id", Admin),
    ("POST", "/actions/log_in", Anyone),
    ("POST", "/actions/enter_code", Anyone),
    ("POST", "/actions/log_out", Anyone),
    ("POST", "/actions/sign_up", Anyone),
    ("POST", "/actions/set_up", Anyone),
    ("POST", "/actions/password_strength", Anyone),
    ("POST", "/actions/verify", Anyone),
    ("POST", "/actions/send_verification", Anyone),
    ("POST", "/actions/resend_verification", User),
    ("POST", "/actions/forgot_password", Anyone),
    ("POST", "/actions/reset_password", Anyone),
    ("POST", "/actions/change_name", User),
    ("POST", "/actions/change_email", User),
    ("POST", "/actions/use_new_email", User),
    ("POST", "/actions/confirm", User),
    ("POST", "/actions/end_session", User),
    ("POST", "/actions/end_other_sessions", User),
    ("POST", "/actions/change_password", User),
    ("POST", "/actions/start_second_factor", User),
    ("POST", "/actions/turn_on_second_factor", User),
    ("POST", "/actions/make_recovery_codes", User),
    ("POST", "/actions/turn_off_second_factor", User),
    ("POST", "/actions/forget_device", User),
    ("POST", "/actions/not_me", User),
    ("POST", "/actions/delete_account", User),
    ("POST", "/actions/force_log_out", Admin),
    ("GET", "/session/events", User),
    ("POST", "/actions/rotate_keys", Admin),
    ("POST", "/actions/kill_key", Admin),
    ("POST", "/api/v1/token", User),
    ("GET", "/api/v1/me", Token),
    ("GET", "/api/v1/sessions", Token),
    ("DELETE", "/api/v1/sessions", Token),
    ("DELETE", "/api/v1/sessions/{sid}", Token),
    ("GET", "/api/v1/notes", Token),
    ("POST", "/api/v1/notes", Token),
    ("GET", "/api/v1/notes/{id}", Token),
    ("PUT", "/api/v1/notes/{id}", Token),
    ("DELETE", "/api/v1/notes/{id}", Token),
    ("POST", "/api/v1/admin/users/{id}/force-logout", AdminToken),
    ("GET", "/.well-known/jwks.json", Anyone),
    ("GET", "/.well-known/change-password", Anyone),
    ("GET", "/healthz", Anyone),
    ("GET", "/readyz", Anyone),
];

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"];

fn address(path: &str) -> String {
    path.replace(":id", "0").replace("{id}", "0").replace("{sid}", "0")
}

/// Calls a route with fields that every action understands or refuses as a whole.
async fn call(caller: &mut Caller, method: &str, path: &str) -> Answer {
    let method: Method = method.parse().expect("a method");
    let accept =
        if path.starts_with("/api") || path.starts_with("/actions") { "application/json" } else { "text/html" };
    let request =
        caller.request(method, &address(path)).header("sec-fetch-site", "same-origin").header(header::ACCEPT, accept);
    let (kind, body) = if path.starts_with("/actions") {
        let form = "code=0&device=0&id=0&event=0&confirmation=a&user=0&kid=0&reason=why&words=&after=&email=a%40b.cc&password=0123456789&new_password=0123456789&sid=0&name=a&token=0&next=";
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
    async fn every_route_lets_in_exactly_whom_its_policy_names(app: TestApp) {
        app.logged_in("alice").await;
        app.admin().await;
        for (method, path, who) in TABLE {
            // No feed runs here, and `/readyz` would say so after five seconds.
            app.services.revocations.sync().await.expect("the feed");
            // Sessions of their own: some routes end the session that calls them.
            let (mut user, mut admin) = (app.logged_in_again("alice").await, app.logged_in_again("ada").await);
            assert_eq!((user.renew().await.status, admin.renew().await.status), (200, 200));
            for (name, caller) in [("anonymous", &app.anonymous()), ("user", &user), ("admin", &admin)] {
                let mut caller = caller.copy();
                // A page does not take the access token, and the API does not take the session.
                let wrong_half = if matches!(who, Token | AdminToken) { "__Host-access" } else { "__Host-session" };
                let may = matches!((who, name), (Anyone, _) | (_, "admin") | (User | Token, "user"));
                let answer = call(&mut caller.copy(), method, path).await;
                assert_eq!(!is_refused(&answer), may, "{method} {path} as {name}: {} {}", answer.status, answer.text());
                assert!(answer.status < 500, "{method} {path} as {name}: {}", answer.text());
                caller.cookies.remove(wrong_half);
                let answer = call(&mut caller, method, path).await;
                assert_eq!(is_refused(&answer), *who != Anyone, "{method} {path} as {name} without {wrong_half}");
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
        ];
        for (method, path, _) in TABLE.iter().filter(|(method, ..)| *method != "GET") {
            for headers in evil {
                let mut caller = admin.copy();
                let mut request = Request::builder().method(*method).uri(address(path)).header(header::HOST, HOST);
                let line: Vec<String> = caller.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request = request.header(header::COOKIE, line.join("; "));
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
            TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
        let mut found = BTreeSet::new();
        for page in pages(&app.services) {
            found.insert(("GET".to_owned(), page.path().replace("{id}", ":id")));
        }
        for (path, method) in leptos::server_fn::axum::server_fn_paths() {
            found.insert((method.to_string(), path.to_owned()));
        }
        let fixed = [
            "/api/v1/token",
            "/session/events",
            "/account/second-factor/codes.txt",
            "/account/data/export",
            "/.well-known/jwks.json",
            "/.well-known/change-password",
            "/healthz",
            "/readyz",
        ];
        for path in api().iter().map(|(path, _)| *path).chain(fixed) {
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
        let paths = ["log_out", "force_log_out", "rotate_keys", "kill_key", "not_me", "delete_account"].map(|action| format!("/actions/{action}"));
        for path in paths.iter().map(String::as_str).chain(["/logout", "/api/v1/token"]) {
            let answer = alice.open(path).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        }
        assert_eq!(alice.open("/dashboard").await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }
}
