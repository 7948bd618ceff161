//! What the CSRF layer lets pass, and what the API takes as a body.

use axum::{
    body::Body,
    http::{Method, header},
};

use super::{app::TestApp, on_both_databases};

on_both_databases! {
    async fn our_own_pages_and_programs_pass(app: TestApp) {
        let alice = app.with_token("alice").await;
        let ours: &[&[(&str, &str)]] = &[
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://localhost:3000")],
            &[],
        ];
        for headers in ours {
            let mut caller = alice.copy();
            let mut request = caller.request(Method::POST, "/api/v1/token");
            for (name, value) in *headers {
                request = request.header(*name, *value);
            }
            let answer = caller.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.status, 200, "{headers:?}: {}", answer.text());
        }
    }

    async fn a_bearer_token_alone_needs_no_origin_and_both_kinds_are_refused(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let token = alice.access_token().to_owned();
        let both = [("authorization", &*format!("Bearer {token}"))];
        assert_eq!(alice.api_with(Method::GET, "/api/v1/me", &both, None).await.code(), "bad_request");
        alice.cookies.clear();
        let from_elsewhere = [("authorization", &*format!("bearer {token}")), ("origin", "https://app.example")];
        let body = Some(serde_json::json!({ "title": "t", "body": "b" }));
        let request = alice.api_with(Method::POST, "/api/v1/notes", &from_elsewhere, body).await;
        assert_eq!(request.status, 201, "{}", request.text());
        assert!(request.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
    }

    async fn the_api_takes_json_and_nothing_that_a_form_can_send(app: TestApp) {
        let alice = app.with_token("alice").await;
        for kind in [Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data; boundary=x"), None] {
            let mut caller = alice.copy();
            let mut request = caller.request(Method::POST, "/api/v1/notes").header("sec-fetch-site", "same-origin");
            if let Some(kind) = kind {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            let answer = caller.send(request.body(Body::from(r#"{"title":"t","body":"b"}"#)).expect("a request")).await;
            assert_eq!((answer.status, answer.code()), (415, "not_json".into()), "{kind:?}");
        }
        assert_eq!(app.count("select count(*) from notes").await, 0);
    }
}
