//! Remembered sessions, the limit on their number, the devices page, and the change of password.

use axum::{
    Router,
    http::{Method, StatusCode},
    routing::get,
};

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    caller::Caller,
    on_both_databases,
};
use crate::{
    serve::router::{with_layers, with_session},
    web::session::tower_session::Session,
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

async fn remembered(app: &TestApp, name: &str) -> Caller {
    let mut caller = app.anonymous();
    let email = format!("{name}@example.com");
    let answer = caller.act("log_in", &[("email", &email), ("password", PASSWORD), ("remember", "on")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cookie = answer.set_cookie("__Host-session");
    assert!(cookie.contains("Max-Age=5184000"), "60 days: {cookie}");
    caller
}

async fn sid(caller: &mut Caller) -> String {
    assert_eq!(caller.renew().await.status, 200);
    caller.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned()
}

on_both_databases! {
    async fn without_remember_me_the_cookie_ends_with_the_browser(app: TestApp) {
        app.logged_in("alice").await;
        let answer = app.anonymous().log_in("alice", PASSWORD).await;
        let cookie = answer.set_cookie("__Host-session");
        assert!(cookie.contains("HttpOnly") && !cookie.contains("Max-Age") && !cookie.contains("Expires"), "{cookie}");
    }

    async fn a_plain_log_in_after_a_remembered_one_ends_with_the_browser(app: TestApp) {
        app.logged_in("alice").await;
        app.logged_in("bob").await;
        for name in ["alice", "bob"] {
            let mut caller = remembered(&app, "alice").await;
            let answer = caller.log_in(name, PASSWORD).await;
            let cookie = answer.set_cookie("__Host-session");
            assert!(cookie.contains("HttpOnly") && !cookie.contains("Max-Age"), "{name}: {cookie}");
        }
        let mut caller = remembered(&app, "alice").await;
        let fields = [("name", "Cy"), ("email", "cy@example.com"), ("password", PASSWORD)];
        assert!(!caller.act("sign_up", &fields).await.set_cookie("__Host-session").contains("Max-Age"));
    }

    async fn a_handler_that_keeps_something_in_a_session_leaves_its_cookie_as_long_as_it_was(app: TestApp) {
        let keep = async |session: Session| match session.insert("kept", 1).await {
            Ok(()) => StatusCode::NO_CONTENT,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let routes = Router::new().route("/keep", get(keep));
        let router = with_layers(with_session(routes, &app.services, Router::new()), &app.services);
        let plain = app.logged_in("alice").await;
        let remembered = remembered(&app, "alice").await;
        app.clock.advance_ms(MINUTE);
        for caller in [plain, remembered] {
            let answer = caller.at(router.clone()).open("/keep").await;
            assert_eq!((answer.status, answer.set_cookie("__Host-session")), (204, ""));
        }
        assert_eq!(app.count(r#"select count(*) from sessions where data = '{"kept":1}'"#).await, 2);
    }

    async fn a_remembered_session_lives_for_two_weeks_without_use(app: TestApp) {
        app.logged_in("alice").await;
        let mut alice = remembered(&app, "alice").await;
        app.clock.advance_ms(14 * DAY - 1);
        assert_eq!(alice.open("/dashboard").await.status, 200);
        app.clock.advance_ms(14 * DAY);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert!(alice.open("/login").await.text().contains("because you were inactive"));
    }

    async fn a_remembered_session_ends_after_sixty_days_of_use(app: TestApp) {
        app.logged_in("alice").await;
        let mut alice = remembered(&app, "alice").await;
        for _ in 0..5 {
            app.clock.advance_ms(10 * DAY);
            assert_eq!(alice.open("/dashboard").await.status, 200);
        }
        app.clock.advance_ms(10 * DAY - 2 * MINUTE);
        assert_eq!(alice.renew().await.json()["expires_in"], 120, "no token beyond the end");
        app.clock.advance_ms(2 * MINUTE);
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert!(alice.open("/login").await.text().contains("Your session expired."));
    }

    async fn reading_writes_the_last_use_once_a_minute_at_most(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let seen = "select last_seen_at from sessions";
        let start = app.count(seen).await;
        for _ in 0..5 {
            app.clock.advance_ms(11_000);
            alice.open("/dashboard").await;
            assert_eq!(app.count(seen).await, start);
        }
        app.clock.advance_ms(5_000);
        alice.open("/dashboard").await;
        assert_eq!(app.count(seen).await, start + MINUTE);
    }

    async fn who_works_all_the_time_does_not_go_idle_however_short_the_limit(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--session-idle-minutes", "1"]).await;
        let mut alice = app.logged_in("alice").await;
        for _ in 0..10 {
            app.clock.advance_ms(40_000);
            assert_eq!(alice.open("/dashboard").await.status, 200);
        }
        app.clock.advance_ms(60_000);
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn beyond_the_limit_the_session_unused_for_longest_gives_way(app: TestApp) {
        let mut first = app.logged_in("alice").await;
        app.clock.advance_ms(2 * MINUTE);
        let mut second = app.logged_in_again("alice").await;
        app.clock.advance_ms(2 * MINUTE);
        first.open("/dashboard").await;
        for _ in 0..18 {
            app.clock.advance_ms(1_000);
            app.logged_in_again("alice").await;
        }
        assert_eq!(app.count("select count(*) from sessions where ended_at is not null").await, 0);
        app.logged_in_again("alice").await;
        assert_eq!(second.open("/dashboard").await.status, 303);
        assert!(second.open("/login").await.text().contains("You reached the limit of devices"));
        assert_eq!(first.open("/dashboard").await.status, 200);
        assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 20);
    }

    async fn fifty_parallel_log_ins_and_log_outs_leave_a_consistent_state(app: TestApp) {
        // Otherwise most of them are refused before anybody looks at them.
        let app = TestApp::with(app.kind(), &["--tries-per-account", "100", "--tries-per-network", "100"]).await;
        app.logged_in("alice").await;
        let tasks: Vec<_> = (0..50).map(|number| {
            let mut caller = app.anonymous();
            tokio::spawn(async move {
                assert_eq!(caller.log_in("alice", PASSWORD).await.status, 200);
                if number % 2 == 0 {
                    assert_eq!(caller.act("log_out", &[]).await.status, 200);
                }
                caller
            })
        }).collect();
        // All of them first: a later log-in may end what an earlier one began.
        let callers = futures::future::join_all(tasks).await;
        let mut alive = 0;
        for caller in callers {
            let mut caller = caller.expect("no panic");
            let page = caller.open("/dashboard").await.status;
            let token = caller.renew().await.status;
            assert!(matches!((page, token), (200, 200) | (303, 401)), "page and token agree: {page} {token}");
            alive += i64::from(page == 200);
        }
        // One more from the sign-up, if it was not the one that gave way.
        let rows = app.count("select count(*) from sessions where ended_at is null").await;
        assert!(rows <= 20 && (alive == rows || alive == rows - 1), "{alive} can use theirs, {rows} are live");
        assert_eq!(
            app.count("select count(*) from sessions where ended_at is not null").await,
            app.count("select count(*) from revocations where kind = 'session'").await,
            "each that ended has its revocation"
        );
    }

    async fn one_sees_ones_devices_in_words_and_which_one_is_this(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let mut phone = app.anonymous();
        phone.user_agent = Some(firefox.into());
        assert_eq!(phone.log_in("alice", PASSWORD).await.status, 200);
        app.logged_in("bob").await;
        let page = alice.open("/account/devices").await.text();
        assert!(page.contains("This device") && page.contains("Firefox on Linux") && !page.contains("Gecko"), "{page}");
        assert_eq!(page.matches("<li class=\"session\"").count(), 1, "nobody else's");
    }

    async fn ending_another_device_stops_its_session_and_its_token_at_once(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut phone = app.logged_in_again("alice").await;
        let mut tablet = app.logged_in_again("alice").await;
        let phone_sid = sid(&mut phone).await;
        let answer = alice.submit("end_session", &[("sid", &phone_sid)], "/account/devices").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/devices"));
        assert!(alice.open("/account/devices").await.text().contains("logged out on 1 other device."));
        assert_eq!(phone.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(phone.open("/dashboard").await.status, 303);
        assert!(phone.open("/login").await.text().contains("You logged out this device from another one."));
        assert_eq!((alice.open("/dashboard").await.status, tablet.open("/dashboard").await.status), (200, 200));
    }

    async fn ending_all_others_leaves_only_this_device(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut bob = app.logged_in("bob").await;
        let mut others = [app.logged_in_again("alice").await, app.logged_in_again("alice").await];
        let answer = alice.act("end_other_sessions", &[]).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(2)));
        for other in &mut others {
            assert_eq!(other.open("/dashboard").await.status, 303);
        }
        assert_eq!((alice.open("/dashboard").await.status, bob.open("/dashboard").await.status), (200, 200));
        assert_eq!(alice.act("end_other_sessions", &[]).await.json()["sessions_ended"], 0);
    }

    async fn a_session_of_somebody_else_is_not_ended_from_the_devices_page(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut bob = app.logged_in("bob").await;
        let bobs = sid(&mut bob).await;
        assert_eq!(alice.act("end_session", &[("sid", &bobs)]).await.json()["sessions_ended"], 0);
        assert_eq!(alice.renew().await.status, 200);
        let path = format!("/api/v1/sessions/{bobs}");
        assert_eq!(alice.api(Method::DELETE, &path, None).await.code(), "not_found");
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn a_program_lists_and_ends_its_users_sessions(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut phone = app.logged_in_again("alice").await;
        let (own, phones) = (sid(&mut alice).await, sid(&mut phone).await);
        let list = alice.api(Method::GET, "/api/v1/sessions", None).await.json();
        assert_eq!((&list["current"], list["sessions"].as_array().map(Vec::len)), (&serde_json::json!(own), Some(2)));
        assert_eq!(alice.api(Method::DELETE, &format!("/api/v1/sessions/{phones}"), None).await.status, 200);
        assert_eq!(phone.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(alice.api(Method::DELETE, "/api/v1/sessions", None).await.json()["sessions_ended"], 0);
        assert_eq!(alice.api(Method::DELETE, &format!("/api/v1/sessions/{own}"), None).await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn a_new_password_logs_out_the_others_and_keeps_this_one_under_a_new_secret(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut phone = app.logged_in_again("alice").await;
        let phones = sid(&mut phone).await;
        let before = alice.copy();
        let fields = [("password", PASSWORD), ("new_password", "another horse battery")];
        let answer = alice.act("change_password", &fields).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(1)), "{}", answer.text());
        assert!(phone.open("/login").await.text().contains("your password was changed on another device"), "{phones}");
        assert_eq!(phone.renew().await.json()["reason"], "password_changed");
        assert_ne!(before.cookies["__Host-session"], alice.cookies["__Host-session"]);
        assert_eq!(alice.open("/dashboard").await.status, 200);
        app.clock.advance_ms(10_000);
        assert_eq!(before.copy().open("/dashboard").await.status, 303, "the secret before is dead");
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.text(), "\"WrongCredentials\"");
        assert_eq!(app.anonymous().log_in("alice", "another horse battery").await.status, 200);
    }

    async fn the_password_changes_only_with_the_current_one(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut phone = app.logged_in_again("alice").await;
        for (password, new, said) in [
            ("wrong", "another horse battery", "\"WrongPassword\""),
            ("wrong", "short", "\"WrongPassword\""),
            ("wrong", "wrong", "\"WrongPassword\""),
            ("", "another horse battery", r#"{"Invalid":["CurrentPasswordMissing"]}"#),
            (PASSWORD, "short", r#"{"Invalid":[{"PasswordTooShort":10}]}"#),
            (PASSWORD, PASSWORD, r#"{"Invalid":["PasswordUnchanged"]}"#),
        ] {
            let answer = alice.act("change_password", &[("password", password), ("new_password", new)]).await;
            assert_eq!(answer.text(), said);
        }
        assert_eq!(phone.open("/dashboard").await.status, 200);
        assert_eq!(app.anonymous().log_in("alice", PASSWORD).await.status, 200);
    }

    async fn a_clock_that_jumps_back_deletes_nothing_alive(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        app.clock.advance_ms(-400 * DAY);
        remove_old_rows(&app.services.state).await;
        app.services.revocations.sync().await.expect("the feed");
        app.clock.advance_ms(400 * DAY);
        remove_old_rows(&app.services.state).await;
        assert_eq!(alice.open("/dashboard").await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn sessions_that_nobody_can_ask_about_any_more_are_removed(app: TestApp) {
        app.logged_in("alice").await;
        let mut kept = remembered(&app, "alice").await;
        app.clock.advance_ms(13 * DAY);
        assert_eq!(kept.open("/dashboard").await.status, 200);
        app.clock.advance_ms(13 * DAY);
        assert_eq!(kept.open("/dashboard").await.status, 200);
        app.clock.advance_ms(5 * DAY);
        remove_old_rows(&app.services.state).await;
        assert_eq!(app.count("select count(*) from sessions").await, 1, "the short one went after a month");
        assert_eq!(kept.open("/dashboard").await.status, 200);
    }
}
