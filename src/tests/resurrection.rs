//! A request in flight during a force-logout does not bring the session back (CVE-2025-46336).

use std::sync::Arc;

use axum::{Extension, Router, body::Body, http::Method, routing::post};
use tokio::sync::Semaphore;

use super::{app::TestApp, on_both_databases};
use crate::{
    serve::router::{with_layers, with_session},
    web::session::tower_session::Session,
};

/// A door that the test opens: it says when somebody stands at it.
#[derive(Clone)]
struct Door {
    reached: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

/// Reads the session, waits at the door, and writes the session, as any handler of an application may.
async fn hold_then_write(Extension(door): Extension<Door>, session: Session) -> &'static str {
    let seen: Option<u32> = session.get("count").await.expect("a session");
    door.reached.add_permits(1);
    door.open.acquire().await.expect("the door").forget();
    session.insert("count", seen.unwrap_or(0) + 1).await.expect("a write to memory");
    "written"
}

on_both_databases! {
    async fn a_request_in_flight_does_not_bring_the_session_back(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let mut admin = app.admin().await;
        let id = alice.user_id().await;
        let door = Door { reached: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) };
        let routes = Router::new().route("/hold", post(hold_then_write)).layer(Extension(door.clone()));
        let router = with_layers(with_session(routes, &app.services, Router::new()), &app.services);

        let mut in_flight = alice.at(router.clone());
        let request = in_flight.request(Method::POST, "/hold").body(Body::empty()).expect("a request");
        let held = tokio::spawn(async move { in_flight.send(request).await });
        door.reached.acquire().await.expect("the door").forget();
        app.force_logout(&mut admin, &id).await;
        door.open.add_permits(1);

        assert_eq!(held.await.expect("no panic").status, 500, "the lost write is not reported as done");
        assert_eq!(app.count("select count(*) from sessions where ended_at is null and user_id <> ''").await, 1, "only the administrator's");
        assert_eq!(alice.open("/dashboard").await.status, 303);
        assert_eq!(alice.renew().await.status, 401);

        // The same request without the force-logout does write: the test above can fail.
        door.open.add_permits(1);
        let mut bob = app.logged_in("bob").await.at(router);
        let request = bob.request(Method::POST, "/hold").body(Body::empty()).expect("a request");
        assert_eq!(bob.send(request).await.text(), "written");
    }

    async fn no_token_minted_around_a_force_logout_outlives_it(app: TestApp) {
        let mut admin = app.admin().await;
        for round in 0..10 {
            let mut alice = app.with_token(&format!("alice{round}")).await;
            let id = alice.user_id().await;
            let renewals = (0..8).map(|_| {
                let mut tab = alice.copy();
                tokio::spawn(async move { (tab.renew().await.status == 200).then(|| tab.access_token().to_owned()) })
            });
            let renewals: Vec<_> = renewals.collect();
            app.force_logout(&mut admin, &id).await;
            for renewal in futures::future::join_all(renewals).await {
                if let Some(token) = renewal.expect("no panic") {
                    assert_eq!(alice.bearer(&token).await.code(), "token_revoked");
                }
            }
            assert_eq!(alice.renew().await.status, 401);
        }
    }

    async fn two_administrators_who_act_at_once_leave_a_consistent_state(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let id = alice.user_id().await;
        let acts = (0..10).map(|_| {
            let (mut admin, id) = (admin.copy(), id.clone());
            tokio::spawn(async move {
                let answer = admin.act("force_logout", &[("user", &id), ("reason", "both")]).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                answer.json()["sessions_ended"].as_u64().expect("a count")
            })
        });
        let ended: u64 = futures::future::join_all(acts).await.into_iter().map(|ended| ended.expect("no panic")).sum();
        assert_eq!(ended, 1, "the session ended once");
        assert_eq!(app.count("select epoch from users where email = 'alice@example.com'").await, 10);
        assert_eq!(app.count("select seq from revocation_clock").await, app.count("select count(*) from revocations").await);
        assert_eq!(admin.open("/admin/users").await.status, 200);
    }
}
