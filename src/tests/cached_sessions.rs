//! A session that was read a moment ago is not read again, and nothing is forgiven for it.

use axum::http::Method;
use sqlx::{AssertSqlSafe, Executor};

use super::{
    app::{PASSWORD, TestApp},
    caller::Caller,
    on_both_databases,
};
use crate::{
    auth::{cause::Cause, revocations::EndReason, sessions::store::Target, users::Role},
    pages::admin::{by::By, stories::disable},
    serve::{router::router, services::Services},
};

const MINUTE: i64 = 60_000;

/// Changes the database behind the product's back.
async fn behind_the_back(app: &TestApp, statement: &str) {
    app.services.state.db.pool.execute(AssertSqlSafe(statement.to_owned())).await.expect("a change");
}

/// Another instance, which knows the session of this browser.
async fn where_it_is_known(app: &TestApp, caller: &mut Caller) -> (Services, Caller) {
    let other = app.another_instance().await;
    let mut there = caller.at(router(other.clone()));
    for _ in 0..2 {
        assert_eq!(there.open("/dashboard").await.status, 200);
        assert_eq!(caller.open("/dashboard").await.status, 200);
    }
    (other, there)
}

on_both_databases! {
    async fn a_session_is_read_once_a_minute(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        assert_eq!(alice.open("/dashboard").await.status, 200);
        behind_the_back(&app, "update sessions set ended_at = 1").await;
        assert_eq!(alice.open("/dashboard").await.status, 200, "it is cached");
        app.services.revocations.lose_contact();
        assert_eq!(alice.open("/dashboard").await.status, 303, "nothing is, while the revocations are stale");

        let mut bob = app.logged_in("bob").await;
        assert_eq!(bob.open("/dashboard").await.status, 200);
        app.services.revocations.sync().await.expect("the feed");
        app.clock.advance_ms(4_000);
        app.services.revocations.sync().await.expect("the feed");
        behind_the_back(&app, "update sessions set ended_at = 1").await;
        assert_eq!(bob.open("/dashboard").await.status, 200, "it is cached");
        app.clock.advance_ms(56_000);
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(bob.open("/dashboard").await.status, 303, "a use is written down each minute");
    }

    async fn every_end_counts_on_the_next_request(app: TestApp) {
        for end in ["log_out", "session", "others", "user", "everyone", "disabled"] {
            let mut alice = app.with_token(&format!("alice.{end}")).await;
            let (id, mut phone) = (alice.user_id().await, app.logged_in_again(&format!("alice.{end}")).await);
            let (other, mut there) = where_it_is_known(&app, &mut alice).await;
            let sid = alice.api(Method::GET, "/api/v1/me", None).await.json()["sid"].as_str().expect("a sid").to_owned();
            let (terminator, cause) = (&app.services.terminator, Cause::by_system(EndReason::ByAdmin));
            let mut copy = alice.copy();
            match end {
                "log_out" => assert_eq!(alice.submit("log_out", &[], "/dashboard").await.status, 303),
                "session" => drop(terminator.terminate(Target::Session(&sid), cause).await.expect("an end")),
                "others" => assert_eq!(phone.act("end_other_sessions", &[]).await.status, 200),
                "user" => drop(terminator.terminate(Target::User(&id), cause).await.expect("an end")),
                "everyone" => drop(terminator.terminate_everyone(None, cause).await.expect("an end")),
                _ => {
                    let by = By::command_line("test").expect("a reason");
                    disable(terminator, &by, &id, "").await.expect("an end");
                }
            }
            assert_eq!(copy.open("/dashboard").await.status, 303, "{end}");
            other.revocations.sync().await.expect("the feed");
            assert_eq!(there.open("/dashboard").await.status, 303, "{end}, elsewhere");
        }
    }

    async fn a_replaced_secret_is_one_elsewhere_too(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let (other, mut thief) = where_it_is_known(&app, &mut alice).await;
        assert_eq!(alice.act("confirm", &[("password", PASSWORD)]).await.status, 200);
        other.revocations.sync().await.expect("the feed");
        let mut owner = alice.at(router(other.clone()));
        assert_eq!((thief.renew().await.code(), owner.renew().await.status), ("session_renewed".into(), 200));
        app.clock.advance_ms(MINUTE);
        assert_eq!(owner.renew().await.status, 200, "the browser has it on its disk");
        assert_eq!(thief.renew().await.json()["reason"], "theft_suspected");
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.open("/dashboard").await.status, 303, "and the owner is out at both");
    }

    async fn what_changes_in_an_account_shows_on_the_next_request(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        let (other, mut there) = where_it_is_known(&app, &mut alice).await;
        assert_eq!(alice.act("change_name", &[("name", "Alicia")]).await.status, 200);
        assert!(alice.open("/dashboard").await.text().contains("Alicia"));
        other.revocations.sync().await.expect("the feed");
        assert!(there.open("/dashboard").await.text().contains("Alicia"));
        app.give_role("alice", Role::Auditor).await;
        other.revocations.sync().await.expect("the feed");
        assert!(there.open("/dashboard").await.text().contains("/admin"), "the way to what an auditor sees");
        assert!(alice.open("/dashboard").await.status == 200);
    }

    async fn who_works_all_the_time_does_not_go_idle(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--session-idle-minutes", "5"]).await;
        let mut alice = app.logged_in("alice").await;
        for _ in 0..30 {
            app.clock.advance_ms(20_000);
            app.services.revocations.sync().await.expect("the feed");
            assert_eq!(alice.open("/dashboard").await.status, 200);
        }
        app.clock.advance_ms(5 * MINUTE);
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn more_sessions_than_are_cached_work_all_the_same(app: TestApp) {
        for cached in ["0", "2"] {
            let app = TestApp::with(app.kind(), &["--cached-sessions", cached]).await;
            let mut people = Vec::new();
            for number in 0..5 {
                people.push(app.logged_in(&format!("user{number}")).await);
            }
            for _ in 0..2 {
                for (number, person) in people.iter_mut().enumerate() {
                    let page = person.open("/dashboard").await.text();
                    assert!(page.contains(&format!("user{number}")), "{cached} cached");
                }
            }
            behind_the_back(&app, "update sessions set ended_at = 1").await;
            let last = people.last_mut().expect("a user");
            let expected = if cached == "0" { 303 } else { 200 };
            assert_eq!(last.open("/dashboard").await.status, expected, "{cached} cached");
        }
    }
}
