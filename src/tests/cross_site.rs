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
            &[("referer", "http://localhost:3000/notes?q=x")],
            &[("referer", "http://localhost:3000")],
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

    async fn the_password_of_a_proxy_is_no_token_and_opens_no_door(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        for scheme in ["Basic YTpi", "Negotiate", "Bearers x", ""] {
            let with_password = [("authorization", scheme)];
            let answer = alice.api_with(Method::GET, "/api/v1/notes", &with_password, None).await;
            assert_eq!(answer.status, 200, "{scheme}: {}", answer.text());
            let alone = app.anonymous().api_with(Method::GET, "/api/v1/notes", &with_password, None).await;
            assert_eq!((alone.status, alone.code()), (401, "token_missing".into()), "{scheme}");
            // A browser adds it to what another site sends, too.
            let mut elsewhere = app.anonymous();
            let request = elsewhere.request(Method::POST, "/actions/log_in").header(header::AUTHORIZATION, scheme)
                .header(header::ORIGIN, "https://evil.example").header(header::ACCEPT, "application/json").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let body = Body::from("email=alice%40example.com&password=correct+horse+battery");
            let answer = elsewhere.send(request.body(body).expect("a request")).await;
            assert_eq!((answer.status, answer.code()), (403, "cross_site".into()), "{scheme}");
        }
        let token = format!("Bearer {}", alice.access_token());
        let mut program = app.anonymous();
        let beside = [("authorization", "Basic YTpi"), ("authorization", &*token)];
        assert_eq!(program.api_with(Method::GET, "/api/v1/me", &beside, None).await.status, 200);
        for malformed in [&[("authorization", "Bearer")][..], &[("authorization", "Bearer ")], &[("authorization", &*token), ("authorization", &*token)]] {
            let answer = program.api_with(Method::GET, "/api/v1/me", malformed, None).await;
            assert_eq!((answer.status, answer.code()), (400, "bad_request".into()), "{malformed:?}");
        }
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
