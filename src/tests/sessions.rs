//! The life of a session and of its tokens.

use axum::http::Method;

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};

const MINUTE: i64 = 60_000;

on_both_databases! {
    async fn a_session_that_is_not_used_ends_and_says_so(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.clock.advance_ms(31 * MINUTE);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert!(alice.open("/login").await.text().contains("because you were inactive"));
    }

    async fn reading_pages_keeps_a_session_alive_until_its_absolute_end(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for _ in 0..28 {
            app.clock.advance_ms(25 * MINUTE);
            assert_eq!(alice.open("/dashboard").await.status, 200);
        }
        app.clock.advance_ms(25 * MINUTE);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert!(alice.open("/login").await.text().contains("Your session expired."));
    }

    async fn a_token_never_outlives_its_session(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        for _ in 0..28 {
            app.clock.advance_ms(25 * MINUTE);
            alice.open("/dashboard").await;
        }
        app.clock.advance_ms(18 * MINUTE);
        // Two minutes before the absolute end.
        assert_eq!(alice.renew().await.json()["expires_in"], 120);
    }

    async fn a_token_ends_with_a_session_that_is_not_used_either(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--session-idle-minutes", "2"]).await;
        let mut alice = app.logged_in("alice").await;
        assert_eq!(alice.renew().await.json()["expires_in"], 120);
        let token = alice.access_token().to_owned();
        app.clock.advance_ms(2 * MINUTE + 2_000);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(alice.bearer(&token).await.code(), "token_expired");
    }

    async fn a_page_brings_a_token_when_there_is_none_or_it_is_nearly_spent(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        alice.open("/dashboard").await;
        let first = alice.access_token().to_owned();
        app.clock.advance_ms(3 * MINUTE);
        alice.open("/dashboard").await;
        assert_eq!(alice.access_token(), first, "a fresh one is kept");
        app.clock.advance_ms(MINUTE + 30_000);
        alice.open("/dashboard").await;
        assert_ne!(alice.access_token(), first);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn two_tabs_whose_token_expires_at_once_both_go_on(app: TestApp) {
        let alice = app.with_token("alice").await;
        app.clock.advance_ms(6 * MINUTE);
        let (mut one, mut two) = (alice.copy(), alice.copy());
        assert_eq!(one.api(Method::GET, "/api/v1/notes", None).await.code(), "token_expired");
        let (first, second) = tokio::join!(one.renew(), two.renew());
        assert_eq!((first.status, second.status), (200, 200));
        assert_eq!(one.api(Method::GET, "/api/v1/notes", None).await.status, 200);
        assert_eq!(two.api(Method::GET, "/api/v1/notes", None).await.status, 200);
    }

    async fn the_secret_changes_at_log_in_and_the_old_one_is_dead(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut before = alice.copy();
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_ne!(before.cookies["__Host-session"], alice.cookies["__Host-session"]);
        let old_token = before.access_token().to_owned();
        assert_eq!(before.open("/dashboard").await.status, 303);
        assert_eq!(before.renew().await.json()["reason"], "replaced");
        assert_eq!(before.bearer(&old_token).await.code(), "token_revoked");
        assert_eq!(alice.open("/dashboard").await.status, 200);
    }

    async fn a_secret_that_an_attacker_chose_is_never_adopted(app: TestApp) {
        app.logged_in("alice").await;
        let chosen = "AAAAAAAAAAAAAAAAAAAAAA";
        let mut alice = app.anonymous();
        alice.cookies.insert("__Host-session".into(), chosen.into());
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_ne!(alice.cookies["__Host-session"], chosen);
        let mut attacker = app.anonymous();
        attacker.cookies.insert("__Host-session".into(), chosen.into());
        assert_eq!(attacker.open("/dashboard").await.status, 303);
    }

    async fn visitors_make_no_rows(app: TestApp) {
        for _ in 0..50 {
            for path in ["/", "/login", "/signup", "/dashboard", "/nowhere"] {
                app.anonymous().open(path).await;
            }
            app.anonymous().act("log_out", &[]).await;
        }
        assert_eq!(app.count("select count(*) from sessions").await, 0);
        assert_eq!(app.count("select count(*) from revocations").await, 0);
    }

    async fn the_database_holds_no_secret_of_a_session(app: TestApp) {
        let alice = app.with_token("alice").await;
        let secret = &alice.cookies["__Host-session"];
        let rows: Vec<(String, String)> = sqlx::query_as("select id_hash, data from sessions")
            .fetch_all(&app.services.state.db.pool)
            .await
            .expect("rows");
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].0.contains(secret.as_str()) && !rows[0].1.contains(secret.as_str()));
        let mut thief = app.anonymous();
        thief.cookies.insert("__Host-session".into(), rows[0].0.chars().take(22).collect());
        assert_eq!(thief.open("/dashboard").await.status, 303);
    }

    async fn other_spellings_of_a_cookie_name_never_authenticate(app: TestApp) {
        let alice = app.with_token("alice").await;
        let secret = &alice.cookies["__Host-session"];
        for name in ["__host-session", "__HOST-SESSION", "session", "%5F_Host-session", "..Host-session"] {
            let mut caller = app.anonymous();
            caller.cookies.insert(name.into(), secret.clone());
            assert_eq!(caller.open("/dashboard").await.status, 303, "{name}");
        }
    }

    async fn an_outage_of_the_database_logs_nobody_out(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        app.services.close_databases().await;
        let page = alice.open("/dashboard").await;
        assert_eq!(page.status, 503);
        assert_eq!(page.header("retry-after"), "2");
        assert!(page.headers.get("set-cookie").is_none(), "the cookie stays");
        assert!(page.text().contains("Request ID:"), "{}", page.text());
        assert_eq!(alice.renew().await.status, 503);
    }
}
