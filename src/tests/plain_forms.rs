//! Forms without JavaScript, in browsers of every kind: who gets a page, and where it leads back to.

use axum::{
    body::Body,
    http::{Method, header},
};

use super::{
    app::{PASSWORD, TestApp},
    caller::{Answer, Caller, Fields, HOST, hidden},
    on_both_databases,
};

/// Sends a form with these headers and no other.
async fn post(caller: &mut Caller, action: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let mut request = caller.request(Method::POST, &format!("/actions/{action}"));
    for (name, value) in [("content-type", "application/x-www-form-urlencoded")].iter().chain(headers) {
        request = request.header(*name, *value);
    }
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    caller.send(request.body(Body::from(body)).expect("a request")).await
}

/// Opens a page in a browser that sends these headers.
async fn open(caller: &mut Caller, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = caller.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    caller.send(request.body(Body::empty()).expect("a request")).await
}

const PEOPLE: [&[(&str, &str)]; 7] = [
    &[],
    &[("accept", "*/*")],
    &[("accept", "text/*, image/*, */*;q=0.1")],
    &[("accept", "TEXT/HTML;level=1, application/json;q=0.1")],
    &[("accept", "application/xhtml+xml, */*")],
    &[("accept", "*/*"), ("sec-fetch-dest", "document")],
    &[("accept", "text/html"), ("sec-fetch-dest", "empty")],
];

const PROGRAMS: [&[(&str, &str)]; 4] = [
    &[("accept", "application/json")],
    &[("accept", "application/json, text/plain, */*")],
    &[("accept", "Application/JSON;q=0.9")],
    &[("accept", "*/*"), ("sec-fetch-dest", "empty")],
];

const WRONG: [(&str, &str); 2] = [("email", "alice@example.com"), ("password", "wrong and secret")];
const RIGHT: [(&str, &str); 2] = [("email", "alice@example.com"), ("password", PASSWORD)];

on_both_databases! {
    async fn a_browser_gets_pages_whatever_it_says_that_it_takes(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-account", "100", "--tries-per-network", "1000"]).await;
        app.logged_in("alice").await;
        for headers in PEOPLE {
            let mut alice = app.anonymous();
            let refused = post(&mut alice, "log_in", &[&WRONG[..], &[("page", "/login")]].concat(), headers).await;
            let html = refused.text();
            assert_eq!((refused.status, refused.header("location")), (401, ""), "{headers:?}: {html}");
            assert!(html.contains("Wrong email or password") && html.contains("value=\"alice@example.com\""), "{headers:?}: {html}");
            let taken = post(&mut alice, "log_in", &RIGHT, headers).await;
            assert_eq!((taken.status, taken.header("location")), (303, "/dashboard"), "{headers:?}");
            assert!(open(&mut alice, "/dashboard", headers).await.text().contains("Hello, alice"));
            alice.cookies.insert("__Host-session".into(), "a; __Host-session=b".into());
            let fault = open(&mut alice, "/dashboard", headers).await;
            assert_eq!((fault.status, fault.header("content-type")), (400, "text/html; charset=utf-8"), "{headers:?}");
        }
    }

    async fn a_program_is_told_apart_by_what_it_asks_for(app: TestApp) {
        app.logged_in("alice").await;
        for headers in PROGRAMS {
            let mut alice = app.anonymous();
            let refused = post(&mut alice, "log_in", &WRONG, headers).await;
            assert_eq!((refused.status, refused.text()), (401, "\"WrongCredentials\"".into()), "{headers:?}");
            assert_eq!(refused.header("location"), "", "{headers:?}");
            assert!(refused.set_cookie("__Host-flash").is_empty(), "{headers:?}");
            assert_eq!(post(&mut alice, "log_in", &RIGHT, headers).await.status, 200, "{headers:?}");
        }
        let form = [("accept", "application/problem+json")];
        assert_eq!(post(&mut app.anonymous(), "log_in", &WRONG, &form).await.code(), "wrong_credentials");
    }

    async fn a_form_comes_back_to_the_page_that_it_stands_on(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut ada = app.admin().await;
        let id = app.user("alice").await.id;
        let act = format!("/admin/users/{id}/log-out");
        let old = [("accept", "*/*")];
        let cases: [(&mut Caller, &str, &str, Fields); 3] = [
            (&mut app.anonymous(), "/login?next=%2Fnotes", "log_in", &WRONG),
            (&mut ada, &act, "force_logout", &[("user", &id), ("reason", "")]),
            (&mut alice, "/account/profile", "change_name", &[("name", "")]),
        ];
        for (caller, path, action, fields) in cases {
            let page = open(caller, path, &old).await.text();
            let place = hidden(&page, "page").expect("the form says where it is");
            assert_eq!(place, path);
            let answer = post(caller, action, &[fields, &[("page", &*place)][..]].concat(), &old).await;
            assert!((400..500).contains(&answer.status) && answer.header("location").is_empty(), "{path}: {}", answer.status);
            assert_eq!(hidden(&answer.text(), "page").expect("a page"), path, "and so does the one that comes back");
        }
    }

    async fn the_referer_and_a_page_that_is_none_of_ours_lead_nowhere(app: TestApp) {
        let hostile = ["", "https://evil.example/", "//evil.example", "/\\evil.example", "/actions/log_out", "javascript:x", "/api/v1/me"];
        for referer in ["", "http://evil.example/x", "//evil.example", "nonsense", "http://localhost:3000/signup"] {
            for page in hostile {
                let headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin"), ("referer", referer)];
                let fields = [&WRONG[..], &[("page", page)][..]].concat();
                let answer = post(&mut app.anonymous(), "log_in", &fields, &headers).await;
                // Too many tries are said like that, too.
                assert!(matches!(answer.status, 401 | 429) && answer.header("location").is_empty(), "{referer} {page}");
                assert!(!answer.text().contains("evil.example"), "{referer} {page}: {}", answer.text());
            }
        }
    }

    async fn an_act_that_waits_for_the_password_goes_back_without_a_referer(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.clock.advance_ms(10 * 60_000);
        let old = [("accept", "*/*")];
        let place = hidden(&open(&mut alice, "/account/devices", &old).await.text(), "page").expect("a page");
        let asked = post(&mut alice, "end_other_sessions", &[("page", &place)], &old).await;
        let html = asked.text();
        assert!(asked.status == 401 && html.contains("Confirm your password"), "{html}");
        let held = [("page", &*place), ("held", "yes"), ("username", "alice@example.com"), ("password", "wrong")];
        let wrong = post(&mut alice, "end_other_sessions", &held, &old).await;
        let html = wrong.text();
        assert!(wrong.status == 422 && html.contains("Wrong password. Try again."), "{html}");
        assert_eq!(html.matches("name=\"username\"").count(), 1, "each field stands there once: {html}");
        let done = post(&mut alice, "end_other_sessions", &[("page", &place), ("password", PASSWORD)], &old).await;
        assert_eq!((done.status, done.header("location")), (303, "/account/devices"));
    }

    async fn every_401_says_how_to_authenticate(app: TestApp) {
        let ours = "Cookie realm=\"latchkey\", form-action=\"/login\"";
        let mut visitor = app.anonymous();
        for accept in ["application/json", "application/problem+json"] {
            for (action, fields) in [("log_in", &WRONG[..]), ("change_name", &[("name", "x")][..]), ("enter_code", &[("code", "123456")][..])] {
                let answer = post(&mut visitor, action, fields, &[("accept", accept)]).await;
                assert_eq!((answer.status, answer.header("www-authenticate")), (401, ours), "{action} {accept}");
            }
        }
        let mut alice = app.logged_in("alice").await;
        app.clock.advance_ms(10 * 60_000);
        let answer = alice.send_form("end_other_sessions", &[]).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, ours));
        for (method, path) in [(Method::POST, "/account/second-factor/codes.txt"), (Method::GET, "/session/events")] {
            let request = visitor.request(method, path).header(header::ORIGIN, format!("http://{HOST}"));
            let answer = visitor.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, ours), "{path}");
        }
        let api = visitor.api(Method::GET, "/api/v1/me", None).await;
        assert_eq!(api.status, 401);
        assert!(api.header("www-authenticate").starts_with("Bearer realm=\"latchkey\""), "{api:?}");
    }
}
