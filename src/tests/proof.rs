//! Proving again who one is, the new secret that follows, and what the secret before may still do.

use axum::http::Method;

use super::{
    app::{PASSWORD, TestApp},
    caller::Caller,
    on_both_databases,
};
use crate::{
    auth::{sessions::store, users::Role},
    base::{error::AppError, random},
    pages::admin::{by::By, stories::change_role},
};

const MINUTE: i64 = 60_000;

/// A session whose last proof of identity is too old for a sensitive act, and which is in use.
async fn grow_stale(app: &TestApp, caller: &mut Caller) {
    app.clock.advance_ms(10 * MINUTE);
    assert_eq!(caller.open("/dashboard").await.status, 200);
}

async fn change(app: &TestApp, id: &str, role: Role) -> Result<bool, AppError> {
    Ok(change_role(&app.services.terminator, &By::command_line("test")?, id, role, "").await?.changed)
}

on_both_databases! {
    async fn a_sensitive_act_asks_for_the_password_after_ten_minutes(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut phone = app.logged_in_again("alice").await;
        app.clock.advance_ms(10 * MINUTE - 1);
        assert_eq!(alice.act("end_other_sessions", &[]).await.status, 200, "still fresh");
        let mut phone_again = app.logged_in_again("alice").await;
        app.clock.advance_ms(1);
        let answer = alice.act("end_other_sessions", &[]).await;
        assert_eq!((answer.status, answer.text()), (401, "\"ProofNeeded\"".into()));
        let answer = alice.act("end_other_sessions", &[("password", "")]).await;
        assert!(answer.status == 422 && answer.text().contains("CurrentPasswordMissing"), "{}", answer.text());
        let answer = alice.act("end_other_sessions", &[("password", "wrong")]).await;
        assert_eq!((answer.status, answer.text()), (422, "\"WrongPassword\"".into()));
        assert_eq!(phone_again.open("/dashboard").await.status, 200, "nothing was ended");
        let answer = alice.act("end_other_sessions", &[("password", PASSWORD)]).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(1)));
        assert_eq!((phone.open("/dashboard").await.status, phone_again.open("/dashboard").await.status), (303, 303));
        assert_eq!(alice.act("end_other_sessions", &[]).await.status, 200, "fresh again");
    }

    async fn what_was_done_while_the_clock_was_ahead_was_done_long_ago(app: TestApp) {
        let ahead_ms = 2 * 60 * MINUTE;
        app.clock.advance_ms(ahead_ms);
        let (mut alice, mut bob) = (app.logged_in("alice").await, app.logged_in("bob").await);
        let mut before = bob.copy();
        assert_eq!(bob.act("confirm", &[("password", PASSWORD)]).await.status, 200);
        app.clock.advance_ms(-ahead_ms);
        assert_eq!(before.open("/dashboard").await.status, 303, "a secret that was replaced reads no more");
        assert_eq!(alice.act("end_other_sessions", &[]).await.text(), "\"ProofNeeded\"");
        assert_eq!(alice.renew().await.status, 200);
        let answer = alice.api(Method::DELETE, "/api/v1/sessions", None).await;
        assert_eq!(answer.code(), "insufficient_user_authentication");
        assert_eq!(alice.act("end_other_sessions", &[("password", PASSWORD)]).await.status, 200);
        app.clock.advance_ms(31 * MINUTE);
        assert_eq!(alice.open("/dashboard").await.status, 303, "and the session goes idle as any other");
    }

    async fn a_proof_brings_a_new_secret_and_the_same_session(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        grow_stale(&app, &mut alice).await;
        let sid = alice.api(Method::GET, "/api/v1/me", None).await.json()["sid"].clone();
        let before = alice.copy();
        assert_eq!(alice.act("confirm", &[("password", PASSWORD), ("next", "/notes")]).await.status, 200);
        assert_ne!(before.cookies["__Host-session"], alice.cookies["__Host-session"]);
        assert!(!alice.cookies.contains_key("__Host-access"), "the token of the old proof is gone");
        assert_eq!(alice.renew().await.status, 200);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.json()["sid"], sid);
        assert_eq!(app.count("select count(*) from sessions").await, 1);
    }

    async fn the_secret_before_reads_for_ten_seconds_and_changes_nothing(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let other = app.logged_in_again("alice").await;
        grow_stale(&app, &mut alice).await;
        let mut before = alice.copy();
        alice.act("confirm", &[("password", PASSWORD)]).await;
        app.clock.advance_ms(9_999);
        let page = before.open("/dashboard").await;
        assert_eq!(page.status, 200, "a request under way is answered");
        assert!(page.headers.get("set-cookie").is_none(), "and gets no credential");
        assert_eq!((before.renew().await.code(), before.renew().await.status), ("session_renewed".into(), 409));
        let answer = before.act("end_other_sessions", &[("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.text()), (409, "\"SessionRenewed\"".into()));
        let answer = before.submit("log_out", &[], "/dashboard").await;
        assert_eq!(answer.status, 409);
        assert!(answer.text().contains("Your session was just renewed. Try again."), "{}", answer.text());
        assert_eq!(other.copy().open("/dashboard").await.status, 200);
        assert_eq!(alice.open("/dashboard").await.status, 200);
    }

    async fn a_new_secret_that_never_arrived_ends_the_session_and_says_so(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        grow_stale(&app, &mut alice).await;
        let mut without_answer = alice.copy();
        alice.act("confirm", &[("password", PASSWORD)]).await;
        app.clock.advance_ms(10_000);
        assert_eq!(without_answer.renew().await.json()["reason"], "secret_lost");
        assert!(without_answer.open("/login").await.text().contains("this browser never stored the renewal"));
        assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 0, "no ghost stays");
    }

    async fn a_copied_secret_that_comes_back_ends_the_session_for_thief_and_owner(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        grow_stale(&app, &mut alice).await;
        let mut thief = alice.copy();
        alice.act("confirm", &[("password", PASSWORD)]).await;
        assert_eq!(alice.renew().await.status, 200, "the browser uses the new secret");
        app.clock.advance_ms(MINUTE);
        assert_eq!(alice.renew().await.status, 200, "and has it on its disk");
        assert_eq!(thief.open("/dashboard").await.status, 303);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert!(alice.open("/login").await.text().contains("Someone may have copied your session"));
        assert_eq!(app.count("select count(*) from audit_events where details like '%theft_suspected%'").await, 1);
        let page = app.logged_in_again("alice").await.open("/dashboard").await.text();
        assert!(page.contains("Someone may have copied your session (Unknown program, from 127.0.0.1)"), "{page}");
    }

    async fn a_browser_that_was_killed_before_it_stored_the_new_secret_is_let_in_nowhere_and_not_called_a_thief(app: TestApp) {
        app.logged_in("alice").await;
        let mut alice = app.anonymous();
        alice.act("log_in", &[("email", "alice@example.com"), ("password", PASSWORD), ("remember", "on")]).await;
        grow_stale(&app, &mut alice).await;
        let mut started_again = alice.copy();
        alice.act("confirm", &[("password", PASSWORD)]).await;
        app.clock.advance_ms(MINUTE - 1);
        assert_eq!(alice.renew().await.status, 200, "the new secret is in use until the browser is killed");
        app.clock.advance_ms(24 * 60 * MINUTE);
        assert_eq!(started_again.renew().await.json()["reason"], "secret_lost");
        assert_eq!(alice.open("/dashboard").await.status, 303, "the session is over all the same");
        assert!(started_again.open("/login").await.text().contains("this browser never stored the renewal"));
        let page = app.logged_in_again("alice").await.open("/dashboard").await.text();
        assert!(!page.contains("Someone may have copied"), "{page}");
        assert_eq!(app.count("select count(*) from audit_events where details like '%theft_suspected%'").await, 0);
    }

    async fn a_copy_on_another_device_is_called_one_however_soon_it_comes(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        grow_stale(&app, &mut alice).await;
        let mut thief = alice.copy();
        thief.user_agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into());
        alice.act("confirm", &[("password", PASSWORD)]).await;
        assert_eq!(alice.renew().await.status, 200);
        app.clock.advance_ms(10_000);
        assert_eq!(thief.renew().await.json()["reason"], "theft_suspected");
    }

    async fn a_late_request_with_the_secret_before_last_does_not_use_the_last(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        grow_stale(&app, &mut alice).await;
        alice.act("confirm", &[("password", PASSWORD)]).await;
        let second = random::hash(&alice.cookies["__Host-session"]);
        let mut without_answer = alice.copy();
        alice.act("confirm", &[("password", PASSWORD)]).await;
        // What a request does that began with the second secret before it was replaced.
        store::note_secret_used(&app.services.state.db.pool, &second, app.clock.now_ms()).await.expect("a note");
        app.clock.advance_ms(10_000);
        assert_eq!(without_answer.renew().await.json()["reason"], "secret_lost");
        let (used_at,): (Option<i64>,) = sqlx::query_as("select secret_used_at from sessions")
            .fetch_one(&app.services.state.db.pool).await.expect("a session");
        assert_eq!(used_at, None, "nobody has used the third");
    }

    async fn two_proofs_at_once_leave_one_secret_that_works(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        grow_stale(&app, &mut alice).await;
        let (mut one, mut two) = (alice.copy(), alice.copy());
        let fields = [("password", PASSWORD)];
        let (first, second) = tokio::join!(one.act("confirm", &fields), two.act("confirm", &fields));
        assert!(first.status == 200 || second.status == 200, "{} {}", first.text(), second.text());
        for (answer, caller) in [(first, &mut one), (second, &mut two)] {
            assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
            assert_eq!(caller.open("/dashboard").await.status, 200);
        }
    }

    async fn a_new_role_counts_at_once_in_pages_and_tokens_and_brings_a_new_secret(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut ada = app.admin().await;
        let path = format!("/api/v1/admin/users/{}/force-logout", ada.user_id().await);
        let mut before = alice.copy();
        change(&app, &alice.user_id().await, Role::Admin).await.expect("a change");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked", "it names the role before");
        assert_eq!(alice.open("/admin/users").await.status, 200);
        assert_ne!(before.cookies["__Host-session"], alice.cookies["__Host-session"]);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.json()["role"], "admin");
        assert_eq!(alice.open("/admin/users").await.status, 200);
        app.clock.advance_ms(10_001);
        assert_eq!(before.open("/dashboard").await.status, 303, "the secret before is dead");

        let mut alice = app.logged_in_again("alice").await;
        assert_eq!(alice.renew().await.status, 200);
        change(&app, &alice.user_id().await, Role::User).await.expect("a change");
        let body = Some(serde_json::json!({ "reason": "revenge" }));
        assert_eq!(alice.api(Method::POST, &path, body.clone()).await.code(), "token_revoked");
        assert_eq!(alice.renew().await.status, 200);
        assert_eq!(alice.api(Method::POST, &path, body).await.code(), "not_allowed");
        assert_eq!(alice.open("/admin/users").await.status, 403);
    }

    async fn the_last_administrator_stays_one_also_when_two_demote_each_other(app: TestApp) {
        let mut ada = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let (adas, alices) = (ada.user_id().await, alice.user_id().await);
        assert_eq!(change(&app, &adas, Role::User).await, Err(AppError::LastAdministrator));
        assert_eq!(change(&app, &alices, Role::Admin).await, Ok(true));
        assert_eq!(change(&app, &alices, Role::Admin).await, Ok(false));
        let (one, other) = tokio::join!(change(&app, &adas, Role::User), change(&app, &alices, Role::User));
        assert!(one != other && [&one, &other].contains(&&Err(AppError::LastAdministrator)), "{one:?} {other:?}");
        assert_eq!(app.count("select count(*) from users where role = 'admin'").await, 1);
    }

    async fn a_rotated_secret_of_a_remembered_session_outlives_the_browser_too(app: TestApp) {
        app.logged_in("alice").await;
        let mut alice = app.anonymous();
        let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("remember", "on")];
        alice.act("log_in", &fields).await;
        grow_stale(&app, &mut alice).await;
        let answer = alice.act("confirm", &[("password", PASSWORD)]).await;
        let session = answer.set_cookie("__Host-session");
        for part in ["Max-Age=5183400", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(session.contains(part), "{part}: {session}");
        }
    }

    async fn administration_is_read_on_after_one_proof_and_each_act_asks_again(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        for _ in 0..9 {
            grow_stale(&app, &mut admin).await;
            for path in ["/admin", "/admin/users?q=a", "/admin/sessions", "/admin/audit", "/admin/keys"] {
                assert_eq!(admin.open(path).await.status, 200, "{path}: reading goes on");
            }
        }
        // An hour in which the session was used, and nothing of administration read.
        for _ in 0..6 {
            grow_stale(&app, &mut admin).await;
        }
        let page = admin.open("/admin/users?q=a").await;
        assert_eq!((page.status, page.header("location")), (303, "/confirm?next=%2Fadmin%2Fusers%3Fq%3Da"));
        let answer = admin.submit("confirm", &[("password", PASSWORD), ("next", "/admin/users?q=a")], "/confirm").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/admin/users?q=a"));
        assert_eq!(admin.open("/admin/users?q=a").await.status, 200);

        assert_eq!(alice.log_in("alice", PASSWORD).await.status, 200, "the session of before was not used");
        grow_stale(&app, &mut admin).await;
        let fields = [("user", &*id), ("reason", "lost laptop")];
        let answer = admin.act("force_logout", &fields).await;
        assert_eq!((answer.status, answer.text()), (401, "\"ProofNeeded\"".into()));
        let answer = admin.act("force_logout", &[fields[0], fields[1], ("password", PASSWORD)]).await;
        assert_eq!((answer.status, &answer.json()["sessions_ended"]), (200, &serde_json::json!(1)));
    }

    async fn reading_makes_no_act_and_no_export_possible(app: TestApp) {
        let mut admin = app.admin().await;
        app.logged_in("alice").await;
        let id = app.user("alice").await.id;
        grow_stale(&app, &mut admin).await;
        assert_eq!(admin.open(&format!("/admin/users/{id}")).await.status, 200);
        for path in [format!("/admin/users/{id}/disable"), "/admin/audit/export?format=csv".into()] {
            let answer = admin.open(&path).await;
            assert!(answer.status == 303 && answer.header("location").starts_with("/confirm?next="), "{path}");
        }
        for action in ["disable_user", "delete_user", "start_reset", "remove_second_factor"] {
            let fields = [("user", &*id), ("reason", "why"), ("confirmation", "alice@example.com")];
            assert_eq!(admin.act(action, &fields).await.text(), "\"ProofNeeded\"", "{action}");
        }
        assert_eq!(admin.act("rotate_keys", &[]).await.text(), "\"ProofNeeded\"");
    }

    async fn reading_without_end_asks_again_after_a_day(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--session-lifetime-hours", "72"]).await;
        let mut admin = app.admin().await;
        for minute in (10..24 * 60).step_by(10) {
            app.clock.advance_ms(10 * MINUTE);
            assert_eq!(admin.open("/admin/users").await.status, 200, "after {minute} minutes");
        }
        app.clock.advance_ms(10 * MINUTE);
        let page = admin.open("/admin/users").await;
        assert_eq!((page.status, page.header("location")), (303, "/confirm?next=%2Fadmin%2Fusers"));
    }

    async fn how_long_reading_goes_on_is_a_setting(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--admin-reading-minutes", "15"]).await;
        let mut auditor = { app.admin().await; app.auditor("otto").await };
        for (minutes, status) in [(14, 200), (14, 200), (15, 303)] {
            app.clock.advance_ms(minutes * MINUTE);
            assert_eq!(auditor.open("/admin/audit").await.status, status, "{minutes} minutes");
        }
    }

    async fn a_user_is_refused_administration_before_any_password_is_looked_at(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        grow_stale(&app, &mut alice).await;
        assert_eq!(alice.open("/admin/users").await.status, 403);
        let fields = [("user", "0"), ("reason", "x"), ("password", PASSWORD)];
        assert_eq!(alice.act("force_logout", &fields).await.text(), "\"NotAllowed\"");
        assert_eq!(app.count("select count(*) from audit_events where event = 'reauthenticated'").await, 0);
    }

    async fn the_api_names_the_age_of_the_proof_that_it_needs(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let path = format!("/api/v1/admin/users/{}/force-logout", alice.user_id().await);
        let body = Some(serde_json::json!({ "reason": "script" }));
        grow_stale(&app, &mut admin).await;
        assert_eq!(admin.renew().await.status, 200);
        let answer = admin.api(Method::POST, &path, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (401, "insufficient_user_authentication".into()));
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("error=\"insufficient_user_authentication\"") && challenge.contains("max_age=\"600\""));
        assert_eq!(admin.api(Method::DELETE, "/api/v1/sessions", None).await.code(), "insufficient_user_authentication");
        // What a program then does: confirm, renew, repeat.
        assert_eq!(admin.act("confirm", &[("password", PASSWORD)]).await.status, 200);
        assert_eq!(admin.renew().await.status, 200);
        assert_eq!(admin.api(Method::POST, &path, body).await.status, 200);
    }

    async fn without_javascript_the_act_goes_on_with_everything_that_was_typed(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let mut phone = app.with_token_again("alice").await;
        let (id, path) = (alice.user_id().await, format!("/admin/users/{}", alice.user_id().await));
        let sid = alice.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned();
        grow_stale(&app, &mut admin).await;
        let fields = [("user", &*id), ("sid", &*sid), ("reason", "lost “laptop” & <bag>")];
        let answer = admin.submit("force_logout", &fields, &path).await;
        assert_eq!((answer.status, answer.header("location")), (401, ""));
        let page = answer.text();
        assert!(page.contains("action=\"/actions/force_logout\""), "{page}");
        assert!(page.contains("lost “laptop” &amp; &lt;bag&gt;") && page.contains(&sid), "{page}");
        let wrong = [fields[0], fields[1], fields[2], ("held", "yes"), ("password", "wrong")];
        let answer = admin.submit("force_logout", &wrong, &path).await;
        let page = answer.text();
        assert_eq!(answer.status, 422);
        assert!(page.contains("Wrong password. Try again.") && page.contains("lost “laptop”"), "{page}");
        assert!(page.contains(&format!("name=\"page\" value=\"{path}\"")), "{page}");
        let right = [fields[0], fields[1], fields[2], ("held", "yes"), ("password", PASSWORD)];
        let answer = admin.submit("force_logout", &right, &path).await;
        assert_eq!((answer.status, answer.header("location")), (303, &*path));
        assert!(admin.open(&path).await.text().contains("1 session ended"));
        assert_eq!((alice.open("/dashboard").await.status, phone.open("/dashboard").await.status), (303, 200));
    }

    async fn an_administrators_act_that_waits_says_what_it_will_do_and_to_whom(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let (id, path) = (alice.user_id().await, format!("/admin/users/{}", alice.user_id().await));
        grow_stale(&app, &mut admin).await;
        for (action, more, words) in [
            ("disable_user", ("undo", ""), "Disable account: alice"),
            ("change_role", ("role", "admin"), "Make alice an administrator"),
            ("force_logout", ("sid", "x"), "End one session of alice"),
            ("start_reset", ("end_all", "on"), "Send password reset: alice. Log alice out now and block the current password"),
        ] {
            let answer = admin.submit(action, &[("user", &id), ("reason", "test"), more], &path).await;
            assert!(answer.status == 401 && answer.text().contains(words), "{action}: {}", answer.text());
        }
        app.clock.advance_ms(31 * MINUTE);
        let answer = admin.submit("disable_user", &[("user", &id), ("reason", "test")], &path).await;
        assert!(answer.text().contains("You're logged out") && !answer.text().contains("alice"), "{}", answer.text());
    }

    async fn on_the_devices_page_the_act_waits_for_the_password(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let mut phone = app.with_token_again("alice").await;
        let sid = phone.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned();
        grow_stale(&app, &mut alice).await;
        let answer = alice.submit("end_session", &[("sid", &sid)], "/account/devices").await;
        let page = answer.text();
        assert!(page.contains("Confirm your password") && page.contains(&format!("value=\"{sid}\"")), "{page}");
        let page = alice.open("/confirm?next=%2Fnotes").await.text();
        assert!(!page.contains(&sid), "another question is not mixed up with it");
        let answer = alice.submit("end_session", &[("sid", &sid), ("password", PASSWORD)], "/account/devices").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/account/devices"));
        assert_eq!(phone.open("/dashboard").await.status, 303);
    }

    async fn an_act_whose_fields_are_wrong_says_so_on_its_own_page_before_and_after_the_proof(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let (id, path) = (alice.user_id().await, format!("/admin/users/{}/log-out", alice.user_id().await));
        grow_stale(&app, &mut admin).await;
        let long = "x".repeat(301);
        let answer = admin.submit("force_logout", &[("user", &id), ("reason", &long)], &path).await;
        // The page of the act asks for the password, too: what was typed waits until then.
        let page = answer.text();
        assert!(answer.status == 401 && page.contains("Confirm your password") && page.contains(&long), "{page}");
        let fields = [("user", &*id), ("reason", &*long), ("held", "yes"), ("password", PASSWORD)];
        let answer = admin.submit("force_logout", &fields, &path).await;
        let page = answer.text();
        assert_eq!(answer.status, 422);
        assert!(page.contains("Shorten the reason to 300 characters.") && page.contains(&long), "{page}");
    }

    async fn what_was_typed_waits_for_a_log_in_in_another_tab(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let (id, path) = (alice.user_id().await, format!("/admin/users/{}/log-out", alice.user_id().await));
        app.clock.advance_ms(31 * MINUTE);
        let answer = admin.submit("force_logout", &[("user", &id), ("reason", "lost laptop")], &path).await;
        let page = answer.text();
        assert_eq!((answer.status, answer.header("location")), (401, ""));
        assert!(page.contains("You're logged out") && page.contains("value=\"lost laptop\""), "{page}");
        assert!(page.contains("action=\"/actions/force_logout\"") && page.contains("href=\"/login\" target=\"_blank\""), "{page}");
        assert!(answer.set_cookie("__Host-flash").is_empty());
        assert_eq!(admin.log_in("ada", PASSWORD).await.status, 200);
        let fields = [("user", &*id), ("reason", "lost laptop")];
        assert_eq!(admin.submit("force_logout", &fields, &path).await.status, 303);
    }

    async fn who_has_confirmed_the_password_is_led_on_and_not_asked_again(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        grow_stale(&app, &mut alice).await;
        let here = "/confirm?next=%2Fnotes%3Fq%3Da";
        assert_eq!(alice.open(here).await.status, 200);
        assert_eq!(alice.act("confirm", &[("password", PASSWORD)]).await.status, 200);
        let back = alice.open(here).await;
        assert_eq!((back.status, back.header("location")), (303, "/notes?q=a"));
        assert_eq!(alice.open("/confirm?next=https://evil.example/").await.header("location"), "/dashboard");
        let wrong = alice.submit("confirm", &[("password", "wrong"), ("next", "/notes?q=a")], here).await;
        assert!(wrong.status == 422 && wrong.text().contains("Wrong password. Try again."), "{}", wrong.text());
    }

    async fn a_link_cannot_plant_an_act_on_the_confirm_page(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        grow_stale(&app, &mut alice).await;
        let page = alice.open("/confirm?next=/notes&act=/actions/end_other_sessions&sid=1").await.text();
        assert!(page.contains("action=\"/actions/confirm\"") && !page.contains("action=\"/actions/end_other_sessions\""), "{page}");
        assert!(!page.contains("name=\"sid\"") && !page.contains("name=\"act\""), "{page}");
        let page = alice.open("/confirm?next=https://evil.example/").await.text();
        let answer = alice.act("confirm", &[("password", PASSWORD), ("next", "https://evil.example/")]).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.header("location").contains("evil"), "{}", answer.header("location"));
    }
}
