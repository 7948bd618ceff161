//! Two processes on one database: what one revokes, the other refuses.

use std::time::Duration;

use axum::http::Method;

use super::{
    app::{HANG, TestApp},
    keys::kid,
    on_both_databases,
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        instances::{Confirmation, presence::Presence, store as instance_store},
        revocations::{EndReason, feed},
        sessions::store::Target,
    },
    base::{error::AppError, state::Stopwatch},
    serve::{router::router, services::Services},
};

fn by_command_line() -> Cause {
    Cause { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words: "test".into(), caller: Default::default() }
}

/// Comes forward as a serving process does.
async fn serving(services: &Services) -> Presence {
    let presence = Presence::new(services.state.clone(), services.revocations.clone());
    presence.begin().await.expect("a row");
    presence
}

/// What an instance has acknowledged.
async fn acknowledged(app: &TestApp, services: &Services) -> i64 {
    let rows = instance_store::seen_since(&app.services.state.db.pool, 0).await.expect("the instances");
    rows.into_iter().find(|row| row.id == services.revocations.id()).expect("a row").seq
}

/// A row whose process was killed just now.
async fn killed(app: &TestApp, name: &str) {
    let now_ms = app.clock.now_ms();
    let (id, name) = (format!("id of {name}"), name.to_owned());
    let row = instance_store::InstanceRow { id, name, started_at: now_ms, seen_at: now_ms, ..Default::default() };
    instance_store::write(&app.services.state.db.pool, &row).await.expect("a row");
}

/// Holds every connection, so that nobody gets an answer from the database.
async fn silence(services: &Services) -> Vec<sqlx::pool::PoolConnection<sqlx::Any>> {
    let mut held = Vec::new();
    for db in [&services.state.db, &services.vital_db, &services.jobs.db] {
        for _ in 0..db.connections() {
            held.push(db.pool.acquire().await.expect("a connection"));
        }
    }
    held
}

on_both_databases! {
    async fn a_token_works_on_every_instance_with_one_signing_key(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let other = app.another_instance().await;
        let mut there = alice.at(router(other));
        assert_eq!(there.api(Method::GET, "/api/v1/me", None).await.status, 200);
        assert_eq!(app.count("select count(*) from signing_keys").await, 1);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn a_force_logout_in_another_process_reaches_this_one_through_the_feed(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let feed = feed::poll_every(Duration::from_millis(20), app.services.revocations.clone());
        let other = app.another_instance().await;
        let receipt = other.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        assert_eq!(receipt.sessions_ended, 1);
        let refused = async {
            while alice.api(Method::GET, "/api/v1/me", None).await.status == 200 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANG, refused).await.expect("refused, without a request that asks for it");
        feed.abort();
        assert_eq!(alice.open("/dashboard").await.status, 303, "the session is read from the database: dead at once");
    }

    async fn an_instance_that_starts_after_a_force_logout_refuses_from_its_first_request(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        let restarted = app.another_instance().await;
        let mut there = alice.at(router(restarted));
        assert_eq!(there.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn a_revocation_of_this_process_does_not_hide_an_earlier_one_of_another(app: TestApp) {
        let (mut alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        let (alice_id, bob_id) = (alice.user_id().await, bob.user_id().await);
        let other = app.another_instance().await;
        other.terminator.terminate(Target::User(&alice_id), by_command_line()).await.expect("a receipt");
        app.services.terminator.terminate(Target::User(&bob_id), by_command_line()).await.expect("a receipt");
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn the_set_forgets_a_revocation_only_when_no_token_it_could_stop_is_alive(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let token = alice.access_token().to_owned();
        app.services.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        for seconds in [0, 100, 199] {
            app.clock.advance_ms(seconds * 1000);
            app.services.revocations.sync().await.expect("the feed");
            assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
        }
        app.clock.advance_ms(5_000);
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.bearer(&token).await.code(), "token_expired");
    }
    async fn the_feed_of_this_database_brings_a_revocation_and_the_acknowledgement_goes_back(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let other = app.another_instance().await;
        let (own, presence) = (serving(&app.services).await, serving(&other).await);
        let tasks = [feed::follow(&other.state, other.revocations.clone()), presence.keep()];
        let receipt = app.services.terminator.terminate_everywhere(Target::User(&id), by_command_line()).await.expect("a receipt");
        assert_eq!(receipt.instances.len(), 2);
        assert!(receipt.instances.iter().all(|instance| instance.milliseconds.is_some()), "{receipt:?}");
        let mut there = alice.at(router(other.clone()));
        assert_eq!(there.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked", "nothing is waited for");
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        own.end().await;
        presence.end().await;
        assert_eq!(app.count("select count(*) from instances").await, 0, "who goes in order leaves no row");
    }

    async fn an_acknowledgement_is_written_only_after_the_set_has_taken_the_row_in(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let other = app.another_instance().await;
        let presence = serving(&other).await;
        let receipt = app.services.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        presence.write().await.expect("a row");
        assert!(Some(acknowledged(&app, &other).await) < receipt.seq, "alive, but it has not heard");
        other.revocations.sync().await.expect("the feed");
        presence.write().await.expect("a row");
        assert_eq!(Some(acknowledged(&app, &other).await), receipt.seq);
    }

    async fn a_number_of_another_history_acknowledges_nothing(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        app.services.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        app.services.revocations.sync().await.expect("the feed");
        let presence = serving(&app.services).await;
        assert_eq!(acknowledged(&app, &app.services).await, 1);
        sqlx::query("update revocation_clock set seq = 0").execute(&app.services.state.db.pool).await.expect("a backup");
        presence.write().await.expect("a row");
        assert_eq!(acknowledged(&app, &app.services).await, -1);
    }

    async fn when_the_numbers_go_back_everything_is_read_again_and_nothing_is_forgotten(app: TestApp) {
        let (mut alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        let (alice_id, bob_id) = (alice.user_id().await, bob.user_id().await);
        let other = app.another_instance().await;
        for _ in 0..3 {
            other.terminator.terminate(Target::User(&alice_id), by_command_line()).await.expect("a receipt");
        }
        app.services.revocations.sync().await.expect("the feed");
        // A backup from before is restored, and another revocation gets a number that is known already.
        let pool = &app.services.state.db.pool;
        sqlx::query("delete from revocations").execute(pool).await.expect("a backup");
        sqlx::query("update revocation_clock set seq = 0").execute(pool).await.expect("a backup");
        other.terminator.terminate(Target::User(&bob_id), by_command_line()).await.expect("a receipt");
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn the_receipt_of_a_revoked_key_has_the_word_of_every_instance(app: TestApp) {
        let mut admin = app.admin().await;
        let kid = kid(&app.with_token("alice").await);
        serving(&app.services).await;
        killed(&app, "web-2").await;
        let answer = admin.act("kill_key", &[("kid", &kid), ("reason", "it leaked")]).await;
        let mut instances: Vec<Confirmation> = serde_json::from_value(answer.json()["instances"].clone()).expect("a list");
        instances.sort_by_key(|instance| instance.milliseconds.is_none());
        assert_eq!(instances[0].milliseconds, answer.json()["milliseconds"].as_u64(), "this process says it itself");
        assert_eq!(instances[1], Confirmation { name: "web-2".into(), milliseconds: None });
        let page = admin.open("/admin/keys").await.text();
        assert!(page.contains("web-2") && page.contains("hasn't confirmed within 1 s"), "{page}");
    }

    async fn a_receipt_says_who_has_not_confirmed_and_forgets_who_is_gone(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let path = format!("/api/v1/admin/users/{}/force-logout", alice.user_id().await);
        let body = Some(serde_json::json!({ "reason": "test" }));
        serving(&app.services).await;
        killed(&app, "web-2").await;
        let watch = Stopwatch::start();
        let receipt = admin.api(Method::POST, &path, body.clone()).await.json();
        assert!(watch.elapsed_ms() >= 900, "it waits a second for who may be late");
        let mut instances: Vec<Confirmation> = serde_json::from_value(receipt["instances"].clone()).expect("a list");
        instances.sort_by_key(|instance| instance.milliseconds.is_none());
        assert_eq!(instances[0].milliseconds, receipt["milliseconds"].as_u64(), "this process says it itself");
        assert_eq!(instances[1], Confirmation { name: "web-2".into(), milliseconds: None });

        app.clock.advance_ms(10_001);
        serving(&app.services).await;
        let receipt = admin.api(Method::POST, &path, body).await.json();
        assert_eq!(receipt["instances"].as_array().expect("a list").len(), 1, "{receipt}");
    }

    async fn a_receipt_of_a_hundred_late_instances_reaches_the_next_page(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        for number in 0..100 {
            killed(&app, &format!("{number:03}{}", "ü".repeat(57))).await;
        }
        let path = format!("/admin/users/{id}");
        let answer = admin.submit("force_logout", &[("user", &id), ("reason", "test")], &path).await;
        assert_eq!((answer.status, answer.header("location")), (303, &*path));
        let page = admin.open(&path).await.text();
        assert!(page.contains("1 session ended and up to 1 token revoked here, in "), "{page}");
        assert!(page.contains("and 97 more haven't confirmed within 1 s. They check the database by themselves within 5 s."));
    }

    async fn a_receipt_is_given_also_when_the_database_falls_silent_after_the_commit(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        killed(&app, "web-2").await;
        let terminator = app.services.terminator.clone();
        let receipt = tokio::spawn(async move { terminator.terminate_everywhere(Target::User(&id), by_command_line()).await });
        while alice.api(Method::GET, "/api/v1/me", None).await.status == 200 {}
        let _held = silence(&app.services).await;
        let receipt = receipt.await.expect("no panic").expect("a receipt");
        assert_eq!(receipt.instances.len(), 1);
        assert_eq!(receipt.instances[0].milliseconds, None);
    }

    async fn fifty_calls_on_an_instance_that_lost_contact_read_once(app: TestApp) {
        let alice = app.with_token("alice").await;
        let before = app.services.metrics.feed_reads();
        app.services.revocations.lose_contact();
        let calls = (0..50).map(|_| {
            let mut alice = alice.copy();
            tokio::spawn(async move { alice.api(Method::GET, "/api/v1/me", None).await.status })
        });
        for call in futures::future::join_all(calls).await {
            assert_eq!(call.expect("no panic"), 200);
        }
        assert_eq!(app.services.metrics.feed_reads().iter().sum::<u64>() - before.iter().sum::<u64>(), 1);
    }

    async fn fifty_calls_on_an_instance_without_a_database_are_all_answered_in_the_time_of_one(app: TestApp) {
        let held = silence(&app.services).await;
        app.services.revocations.lose_contact();
        let watch = Stopwatch::start();
        assert_eq!(app.services.revocations.ensure_fresh().await, Err(AppError::Busy));
        let one = watch.elapsed_ms();
        let watch = Stopwatch::start();
        let calls = (0..50).map(|_| app.services.revocations.ensure_fresh());
        for answer in futures::future::join_all(calls).await {
            assert_eq!(answer, Err(AppError::Busy));
        }
        let fifty = watch.elapsed_ms();
        assert!(fifty < 10 * one, "one after the other would be fifty times of it: {one} ms, {fifty} ms");
        let ready = app.anonymous().open("/readyz").await;
        assert_eq!((ready.status, ready.text()), (503, "database: failing\nrevocations: failing\n".into()));
        drop(held);
        assert_eq!(app.services.revocations.ensure_fresh().await, Ok(()), "and it recovers");
    }

    async fn a_machine_that_was_suspended_asks_before_it_trusts_its_memory(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let other = app.another_instance().await;
        other.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200, "nobody has told this instance");
        app.clock.advance_ms(5_001);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn a_clock_that_was_ahead_for_a_while_brings_no_token_back(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
        app.services.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        app.clock.advance_ms(1_000_000);
        app.services.revocations.sync().await.expect("the feed");
        app.clock.advance_ms(-1_000_000);
        assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
        assert_eq!(alice.open("/dashboard").await.status, 303);
    }

    async fn a_token_from_while_the_clock_was_ahead_is_dead_when_its_time_comes(app: TestApp) {
        app.clock.advance_ms(10_000_000);
        let mut alice = app.with_token("alice").await;
        let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
        app.clock.advance_ms(-10_000_000);
        app.services.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        app.clock.advance_ms(10_000_000);
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
        let late = router(app.another_instance().await);
        assert_eq!(alice.at(late).bearer(&token).await.code(), "token_revoked", "one that starts now");
    }

    async fn the_feed_outlives_an_outage(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let feed = feed::follow(&app.services.state, app.services.revocations.clone());
        let other = app.another_instance().await;
        let held = silence(&app.services).await;
        other.terminator.terminate(Target::User(&id), by_command_line()).await.expect("a receipt");
        let [_, failed] = app.services.metrics.feed_reads();
        let times_out = async {
            while app.services.metrics.feed_reads()[1] == failed {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANG, times_out).await.expect("the feed's read times out meanwhile");
        drop(held);
        let refused = async {
            while alice.api(Method::GET, "/api/v1/me", None).await.status != 401 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANG, refused).await.expect("the feed is back");
        assert!(!feed.is_finished());
        feed.abort();
    }
}
