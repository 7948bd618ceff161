//! Two processes on one database: what one revokes, the other refuses.

use std::time::Duration;

use axum::http::Method;

use super::{app::TestApp, on_both_databases};
use crate::{
    audit::event::Actor,
    revocations::{EndReason, feed},
    router::router,
    sessions::end::{Ending, Target},
};

fn by_command_line() -> Ending {
    Ending { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words: "test".into(), ip: String::new() }
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
        let receipt = other.ender.end(Target::User(&id), by_command_line()).await.expect("a receipt");
        assert_eq!(receipt.sessions_ended, 1);
        let refused = async {
            while alice.api(Method::GET, "/api/v1/me", None).await.status == 200 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), refused).await.expect("refused within the bound");
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
        other.ender.end(Target::User(&alice_id), by_command_line()).await.expect("a receipt");
        app.services.ender.end(Target::User(&bob_id), by_command_line()).await.expect("a receipt");
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
    }

    async fn the_set_forgets_a_revocation_only_when_no_token_it_could_stop_is_alive(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let token = alice.access_token().to_owned();
        app.services.ender.end(Target::User(&id), by_command_line()).await.expect("a receipt");
        for seconds in [0, 100, 199] {
            app.clock.advance_ms(seconds * 1000);
            app.services.revocations.sync().await.expect("the feed");
            assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
        }
        app.clock.advance_ms(5_000);
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.bearer(&token).await.code(), "token_expired");
    }
}
