//! Sign up, log in, log out, the first administrator.

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};

on_both_databases! {
    async fn a_person_signs_up_and_sees_the_dashboard_in_the_first_html(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let page = alice.open("/dashboard").await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Hello, alice"), "{}", page.text());
        assert!(page.text().contains("alice@example.com"));
    }

    async fn without_a_session_the_dashboard_leads_to_the_log_in_page(app: TestApp) {
        for path in ["/dashboard", "/notes", "/admin/users", "/admin/users/x"] {
            let page = app.anonymous().open(path).await;
            assert_eq!(page.status, 303, "{path}");
            assert!(page.header("location").starts_with("/login?next=%2F"), "{path}: {}", page.header("location"));
            assert!(!page.text().contains("example.com"));
        }
    }

    async fn a_wrong_password_and_an_unknown_user_get_the_same_answer(app: TestApp) {
        app.logged_in("alice").await;
        let wrong = app.anonymous().log_in("alice", "not the right password").await;
        let unknown = app.anonymous().log_in("nobody", "not the right password").await;
        assert_eq!((wrong.status, wrong.text()), (401, "\"WrongCredentials\"".into()));
        assert_eq!((unknown.status, unknown.text()), (401, "\"WrongCredentials\"".into()));
    }

    async fn nothing_of_a_password_is_trimmed_folded_or_cut(app: TestApp) {
        let long = format!("seven quiet rivers {}é", "x".repeat(81));
        let email = "alice@example.com";
        let signed_up =
            app.anonymous().act("sign_up", &[("name", "a"), ("email", email), ("password", &long)]).await;
        assert_eq!(signed_up.status, 200);
        for wrong in [format!("{long} "), long.to_uppercase(), long[..100].to_owned(), long[..72].to_owned()] {
            assert_eq!(app.anonymous().log_in("alice", &wrong).await.status, 401);
        }
        assert_eq!(app.anonymous().log_in("alice", &long).await.status, 200);
    }

    async fn each_wrong_field_is_named_and_no_row_is_made(app: TestApp) {
        let answer = app.anonymous().act("sign_up", &[("name", ""), ("email", "nope"), ("password", "short")]).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json(), serde_json::json!({ "Invalid": ["NameMissing", "EmailMalformed", { "PasswordTooShort": 10 }] }));
        assert_eq!(app.count("select count(*) from users").await, 0);
    }

    async fn the_setup_link_makes_one_administrator_and_is_gone(app: TestApp) {
        let link = format!("/setup?token={}", app.services.setup.0);
        assert_eq!(app.anonymous().open(&link).await.status, 200);
        assert_eq!(app.anonymous().open("/setup?token=guessed").await.status, 404);
        let tries = (0..10).map(|n| {
            let (mut caller, token) = (app.anonymous(), app.services.setup.0.clone());
            tokio::spawn(async move {
                let email = format!("admin{n}@example.com");
                let fields = [("token", &*token), ("name", "Ada"), ("email", &email), ("password", PASSWORD)];
                caller.act("set_up", &fields).await.status
            })
        });
        let answers: Vec<u16> =
            futures::future::join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert_eq!(app.count("select count(*) from users where role = 'admin'").await, 1);
        assert_eq!(app.anonymous().open(&link).await.status, 404);
    }

    async fn log_out_ends_cookie_and_token_also_when_they_are_replayed(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut thief = alice.copy();
        let token = alice.access_token().to_owned();
        let answer = alice.act("log_out", &[]).await;
        assert_eq!(answer.status, 200);
        // What names the browser stays: it proves nothing, and the next log-in is no news.
        assert_eq!(alice.cookies.keys().collect::<Vec<_>>(), ["__Host-device"]);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(thief.renew().await.code(), "session_ended");
        assert_eq!(thief.bearer(&token).await.code(), "token_revoked");
        assert_eq!(thief.open("/dashboard").await.status, 303);
    }

    async fn without_javascript_a_failed_log_in_keeps_the_address_and_not_the_password(app: TestApp) {
        let mut alice = app.anonymous();
        let fields = [("email", "alice@example.com"), ("password", "wrong and secret"), ("next", "")];
        let answer = alice.submit("log_in", &fields, "/login").await;
        assert_eq!(answer.status, 302);
        let back = answer.header("location").to_owned();
        assert!(back.starts_with("http://localhost:3000/login?__path="), "{back}");
        assert!(!back.contains("alice") && !back.contains("secret"), "{back}");
        let page = alice.open(back.trim_start_matches("http://localhost:3000")).await;
        let html = page.text();
        assert!(html.contains("value=\"alice@example.com\""), "{html}");
        assert!(html.contains("do not belong together") && !html.contains("wrong and secret"));
        // It is kept for one page only.
        assert!(!alice.cookies.contains_key("__Host-typed"));
    }

    async fn without_javascript_a_person_signs_up_and_logs_out(app: TestApp) {
        let mut alice = app.anonymous();
        let fields = [("name", "Alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit("sign_up", &fields, "/signup").await;
        assert_eq!((answer.status, answer.header("location")), (302, "/dashboard"));
        assert!(alice.open("/dashboard").await.text().contains("Hello, Alice"));
        let answer = alice.submit("log_out", &[], "/dashboard").await;
        assert_eq!((answer.status, answer.header("location")), (302, "/"));
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn without_javascript_the_newest_error_is_shown_and_the_address_does_not_grow(app: TestApp) {
        let mut alice = app.anonymous();
        let first = alice.submit("log_in", &[("email", ""), ("password", "x")], "/login?next=%2Fnotes").await;
        let here = first.header("location").trim_start_matches("http://localhost:3000").to_owned();
        assert!(alice.open(&here).await.text().contains("Enter your e-mail address."));
        let fields = [("email", "alice@example.com"), ("password", "wrong and secret")];
        let second = alice.submit("log_in", &fields, &here).await;
        let here = second.header("location").trim_start_matches("http://localhost:3000").to_owned();
        let page = alice.open(&here).await.text();
        assert!(page.contains("do not belong together") && !page.contains("Enter your e-mail address."), "{page}");
        assert_eq!(here.matches("__err").count(), 1, "{here}");
        assert!(here.contains("next=%2Fnotes"), "{here}");
    }

    async fn a_name_that_nobody_can_see_is_refused(app: TestApp) {
        for name in ["\u{200b}", "\u{ad}\u{2060}", " \u{3164} ", "\u{202e}"] {
            let fields = [("name", name), ("email", "a@example.com"), ("password", PASSWORD)];
            assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 422, "{name:?}");
        }
        let fields = [("name", "🙂 李"), ("email", "a@example.com"), ("password", PASSWORD)];
        assert_eq!(app.anonymous().act("sign_up", &fields).await.status, 200);
    }

    async fn without_a_referer_of_ours_the_error_comes_back_to_the_form(app: TestApp) {
        for referer in [None, Some("http://evil.example/x"), Some("//evil.example"), Some("nonsense")] {
            let mut alice = app.anonymous();
            let mut request = alice
                .request(axum::http::Method::POST, "/actions/log_in")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "text/html");
            if let Some(referer) = referer {
                request = request.header("referer", referer);
            }
            let body = axum::body::Body::from("email=a%40example.com&password=wrong&next=");
            let answer = alice.send(request.body(body).expect("a request")).await;
            let location = answer.header("location");
            assert!(location.starts_with("http://localhost:3000/login?__path="), "{referer:?}: {location}");
        }
    }

    async fn who_is_logged_in_goes_on_to_where_they_wanted(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for (path, place) in [("/login?next=%2Fnotes", "/notes"), ("/login", "/dashboard"), ("/login?next=%2Fapi%2Fv1%2Fme", "/dashboard")] {
            let answer = alice.open(path).await;
            assert_eq!((answer.status, answer.header("location")), (303, place));
        }
    }
}
