//! A force-logout stops session and token at once. The clock stands still: everything happens in one second.

use axum::http::Method;

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    on_both_databases,
};
use crate::{
    auth::{cause::Cause, event::Actor, revocations::EndReason, sessions::store::Target, tokens::KeyPurpose},
    base::error::AppError,
    serve::{router::router, services::Services},
};

pub async fn kill_signing_key(app: &TestApp, by: &Services) -> Result<(), AppError> {
    let kid = app.services.keys.key_set().signing(KeyPurpose::All, app.clock.now_ms()).expect("a key").kid.clone();
    let order = Cause {
        actor: Actor::CommandLine,
        reason: EndReason::ByAdmin,
        words: "it leaked".into(),
        caller: Default::default(),
    };
    by.keys.revoke(&kid, &order).await.map(|_| ())
}

on_both_databases! {
    async fn a_token_from_before_a_force_logout_is_refused_by_the_very_next_call(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        let token = alice.access_token().to_owned();
        app.force_logout(&mut admin, &id).await;
        assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
        assert_eq!(alice.api(Method::GET, "/api/v1/notes", None).await.status, 401);
    }

    async fn a_token_from_a_new_log_in_works_in_the_same_second(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200);
        assert_eq!(alice.renew().await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn what_is_dead_stays_dead_whatever_the_process_that_ended_it_was_set_to(app: TestApp) {
        for subject in ["user", "session", "everyone", "key"] {
            let app = TestApp::with(app.kind(), &["--token-lifetime-seconds", "900"]).await;
            let (shorter, _) = app.another_instance_where(|config| config.token_lifetime_seconds = 60).await;
            let (mut alice, bob) = (app.with_token("alice").await, app.with_token("bob").await);
            let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
            let sessions = alice.api(Method::GET, "/api/v1/sessions", None).await.json();
            let sid = sessions["sessions"][0]["sid"].as_str().expect("a sid").to_owned();
            let cause = Cause::by_system(EndReason::ByAdmin);
            match subject {
                "user" => shorter.terminator.terminate(Target::User(&id), cause).await.map(|_| ()),
                "session" => shorter.terminator.terminate(Target::Session(&sid), cause).await.map(|_| ()),
                "everyone" => shorter.terminator.terminate_everyone(None, cause).await.map(|_| ()),
                _ => kill_signing_key(&app, &shorter).await,
            }
            .expect("an end");
            // All of its life but a second: an instance that forgets in between lets it in again.
            for _ in 0..9 {
                app.clock.advance_ms(99_888);
                remove_old_rows(&shorter.state).await;
                app.services.revocations.reload().await.expect("the feed");
                assert_eq!(app.anonymous().bearer(&token).await.code(), "token_revoked", "{subject}");
            }
            let others = app.anonymous().bearer(bob.access_token()).await.status;
            assert_eq!(others, if matches!(subject, "user" | "session") { 200 } else { 401 }, "{subject}");
            let late = router(app.another_instance().await);
            assert_eq!(alice.at(late).bearer(&token).await.code(), "token_revoked", "{subject}, one that starts now");
        }
    }

    async fn a_token_that_an_instance_with_longer_ones_has_minted_is_good_everywhere(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--token-lifetime-seconds", "900"]).await;
        let mut alice = app.with_token("alice").await;
        let (shorter, there) = app.another_instance_where(|config| config.token_lifetime_seconds = 60).await;
        assert_eq!(alice.at(there.clone()).bearer(alice.access_token()).await.status, 200);
        let id = alice.user_id().await;
        assert_eq!(alice.copy().at(there).renew().await.status, 200, "a shorter one beside it");
        app.clock.advance_ms(100_000);
        let receipt = shorter.terminator.terminate(Target::User(&id), Cause::by_system(EndReason::ByAdmin)).await.expect("an end");
        assert_eq!(receipt.tokens_possibly_live, 1, "the longer one lives still");
    }

    async fn the_next_page_is_the_log_in_page_with_the_reason(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        let page = alice.open("/dashboard").await;
        assert_eq!((page.status, page.header("location")), (303, "/login?next=%2Fdashboard"));
        assert!(!page.text().contains("alice"), "nothing of the account is shown");
        let page = alice.open("/login?next=%2Fdashboard").await;
        assert!(page.text().contains("An administrator logged you out."), "{}", page.text());
        let page = app.anonymous().open("/login").await;
        assert!(!page.text().contains("administrator"), "who was never logged in is told nothing");
    }

    async fn the_spa_is_told_why_when_it_renews(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        let answer = alice.renew().await;
        assert_eq!((answer.status, answer.code()), (401, "session_ended".into()));
        assert_eq!(answer.json()["reason"], "by_admin");
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }

    async fn the_receipt_counts_sessions_and_tokens(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        app.logged_in_again("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        let answer = admin.act("force_logout", &[("user", &id), ("reason", "lost laptop")]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["sessions_ended"], 2);
        assert_eq!(answer.json()["tokens_possibly_live"], 1);
        assert!(answer.json()["milliseconds"].is_u64());
    }

    async fn the_receipt_reaches_an_administrator_without_javascript(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let path = format!("/admin/users/{}", alice.user_id().await);
        let id = alice.user_id().await;
        let answer = admin.submit("force_logout", &[("user", &id), ("reason", "lost laptop")], &path).await;
        assert_eq!((answer.status, answer.header("location")), (303, &*path));
        let page = admin.open(&path).await.text();
        assert!(page.contains("1 session ended and up to 1 token revoked, in "), "{page}");
        assert!(page.contains("No active sessions."));
    }

    async fn one_session_can_be_ended_and_the_others_live_on(app: TestApp) {
        let mut phone = app.with_token("alice").await;
        let mut laptop = app.logged_in_again("alice").await;
        assert_eq!(laptop.renew().await.status, 200);
        let mut admin = app.admin().await;
        let id = phone.user_id().await;
        let sid = phone.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned();
        let answer = admin.act("force_logout", &[("user", &id), ("sid", &sid), ("reason", "phone")]).await;
        assert_eq!(answer.json()["sessions_ended"], 1);
        assert_eq!(phone.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(phone.open("/dashboard").await.status, 303);
        assert_eq!(laptop.api(Method::GET, "/api/v1/me", None).await.status, 200);
        assert_eq!(laptop.open("/dashboard").await.status, 200);
    }

    async fn a_session_of_somebody_else_is_not_ended_by_its_sid(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut bob = app.with_token("bob").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        let sid = bob.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned();
        let answer = admin.act("force_logout", &[("user", &id), ("sid", &sid), ("reason", "slip")]).await;
        assert_eq!(answer.status, 404);
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn a_force_logout_is_written_down_with_who_whom_and_why(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let (id, admin_id) = (alice.user_id().await, admin.user_id().await);
        app.force_logout(&mut admin, &id).await;
        let row: (String, String, String) =
            sqlx::query_as("select actor, subject, reason from audit_events where event = 'force_logout'")
                .fetch_one(&app.services.state.db.pool)
                .await
                .expect("one event");
        assert_eq!(row, (admin_id, id, "test".into()));
    }

    async fn without_a_reason_nothing_is_ended(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        let answer = admin.act("force_logout", &[("user", &id), ("reason", "  ")]).await;
        assert_eq!((answer.status, answer.text()), (422, r#"{"Invalid":["ReasonMissing"]}"#.into()));
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn an_administrator_forces_a_logout_through_the_api(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let path = format!("/api/v1/admin/users/{}/force-logout", alice.user_id().await);
        let body = Some(serde_json::json!({ "reason": "script" }));
        assert_eq!(alice.api(Method::POST, &path, body.clone()).await.code(), "not_allowed");
        let answer = admin.api(Method::POST, &path, body).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(1)));
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn a_disabled_user_is_nobody_at_once(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        sqlx::query("update users set disabled_at = 1").execute(&app.services.state.db.pool).await.expect("an update");
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(alice.renew().await.json()["reason"], "disabled");
        assert!(alice.open("/login").await.text().contains("Your account has been disabled"));
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.text(), "\"WrongCredentials\"");
    }

    async fn an_api_call_is_authenticated_without_the_database(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        // From here on memory is trusted for five seconds.
        app.services.revocations.sync().await.expect("the feed");
        app.services.close_databases().await;
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn an_instance_that_lost_contact_asks_the_database_and_trusts_nothing_without_it(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        app.services.revocations.lose_contact();
        assert_eq!(alice.open("/readyz").await.status, 503);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200, "the database was asked");
        assert_eq!(alice.open("/readyz").await.status, 200);
        app.services.revocations.lose_contact();
        app.services.close_databases().await;
        let answer = alice.api(Method::GET, "/api/v1/me", None).await;
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy".into(), "2"));
        assert!(alice.cookies.contains_key("__Host-access") && alice.cookies.contains_key("__Host-session"));
    }
}
