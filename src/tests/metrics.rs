//! What monitoring reads: on a door of its own, without names, with a bounded number of rows.

use axum::http::Method;

use super::{app::TestApp, caller::Caller, on_both_databases};
use crate::{
    auth::{cause::Cause, event::Actor, revocations::EndReason, sessions::store::Target},
    serve::router::metrics_router,
};

pub async fn scrape(app: &TestApp) -> String {
    let answer = Caller::of(metrics_router(app.services.clone())).open("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    answer.text()
}

/// The value of the row that begins with `name`.
pub fn value(text: &str, name: &str) -> f64 {
    let row = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    row.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

on_both_databases! {
    async fn metrics_are_not_served_to_the_world(app: TestApp) {
        assert_eq!(app.anonymous().open("/metrics").await.status, 404);
        assert!(scrape(&app).await.ends_with("# EOF\n"));
    }

    async fn a_revocation_is_timed_once_where_it_is_made_and_once_where_it_is_heard(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let other = app.another_instance().await;
        let cause =
            Cause { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words: "test".into(), caller: Default::default() };
        other.terminator.terminate(Target::User(&id), cause.clone()).await.expect("a receipt");
        app.clock.advance_ms(40);
        app.services.revocations.sync().await.expect("the feed");
        app.services.terminator.terminate(Target::User(&id), cause).await.expect("a receipt");
        app.services.revocations.sync().await.expect("the feed");
        app.services.revocations.reload().await.expect("the feed");
        let text = scrape(&app).await;
        let histogram = "latchkey_revocation_propagation_seconds";
        assert_eq!(value(&text, &format!("{histogram}_count{{via=\"feed\"}}")), 1.0);
        assert_eq!(value(&text, &format!("{histogram}_sum{{via=\"feed\"}}")), 0.04);
        assert_eq!(value(&text, &format!("{histogram}_count{{via=\"local\"}}")), 1.0);
        assert_eq!(value(&text, "latchkey_revocations_in_memory "), 1.0);
        assert_eq!(value(&text, "latchkey_database_connections_max "), 6.0);
        assert_eq!(value(&text, "latchkey_password_hashes_waiting "), 0.0);
        assert!(value(&text, "latchkey_revocation_feed_silent_seconds ") < 5.0);
    }

    async fn what_was_loaded_at_the_start_is_not_timed(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        app.force_logout(&mut admin, &id).await;
        let restarted = app.another_instance().await;
        let text = restarted.measured().expect("text");
        assert!(!text.contains("latchkey_revocation_propagation_seconds_count"), "{text}");
    }

    async fn no_row_holds_what_a_caller_can_invent(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
        for path in [&*format!("/secret-{id}"), "/admin/users/invented", "/pkg/invented.js", "/login?next=invented"] {
            alice.open(path).await;
        }
        alice.api("BREW".parse().expect("a method"), "/api/v1/notes/invented", None).await;
        alice.api(Method::GET, "/api/v1/notes/invented", None).await;
        let text = scrape(&app).await;
        for secret in ["invented", "BREW", "alice", &*id, &*token] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let row = "latchkey_http_requests_total{method=\"GET\",route=\"/api/v1/notes/{id}\",status=\"4xx\"}";
        assert_eq!(value(&text, row), 1.0);
        assert_eq!(value(&text, "latchkey_http_requests_total{method=\"other\",route=\"/api/v1/notes/{id}\""), 1.0);
        assert!(value(&text, "latchkey_http_requests_total{method=\"GET\",route=\"none\"") >= 1.0);
    }
}
