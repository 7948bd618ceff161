//! A token that was verified once is not verified again, and nothing else is forgiven for it.

use axum::http::Method;

use super::{app::TestApp, on_both_databases, revocation::kill_signing_key};
use crate::auth::{cause::Cause, revocations::EndReason, sessions::store::Target};

on_both_databases! {
    async fn a_token_that_is_known_is_refused_by_the_call_after_its_end(app: TestApp) {
        for end in ["session", "user", "everyone", "key"] {
            let mut alice = app.with_token(&format!("alice.{end}")).await;
            let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
            let sessions = alice.api(Method::GET, "/api/v1/sessions", None).await.json();
            let sid = sessions["sessions"][0]["sid"].as_str().expect("a sid").to_owned();
            for _ in 0..2 {
                assert_eq!(alice.bearer(&token).await.status, 200, "{end}");
            }
            let (terminator, cause) = (&app.services.terminator, Cause::by_system(EndReason::ByAdmin));
            match end {
                "session" => drop(terminator.terminate(Target::Session(&sid), cause).await.expect("an end")),
                "user" => drop(terminator.terminate(Target::User(&id), cause).await.expect("an end")),
                "everyone" => drop(terminator.terminate_everyone(None, cause).await.expect("an end")),
                _ => kill_signing_key(&app, &app.services).await.expect("an end"),
            }
            assert_eq!(alice.bearer(&token).await.code(), "token_revoked", "{end}");
        }
    }

    async fn another_instance_that_knows_a_token_refuses_it_when_it_has_heard(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.with_token("alice").await;
        let (id, token) = (alice.user_id().await, alice.access_token().to_owned());
        let other = app.another_instance().await;
        let there = alice.at(crate::serve::router::router(other.clone()));
        assert_eq!(there.bearer(&token).await.status, 200);
        app.force_logout(&mut admin, &id).await;
        other.revocations.sync().await.expect("the feed");
        assert_eq!(there.bearer(&token).await.code(), "token_revoked");
    }

    async fn two_tokens_that_differ_in_one_bit_are_two_tokens(app: TestApp) {
        let alice = app.with_token("alice").await;
        let token = alice.access_token().to_owned();
        assert_eq!(alice.bearer(&token).await.status, 200);
        for at in (0..token.len()).step_by(7).chain([token.len() - 1]) {
            for bit in 0..7 {
                let mut bytes = token.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let other = String::from_utf8(bytes).expect("ASCII");
                // Whatever else it is: a header takes no control characters, and a blank ends the token.
                if other.bytes().all(|byte| byte.is_ascii_graphic()) {
                    assert_ne!(alice.bearer(&other).await.status, 200, "byte {at}, bit {bit}");
                }
            }
        }
        assert_eq!(alice.bearer(&token).await.status, 200);
    }

    async fn a_token_that_is_known_ends_at_its_time(app: TestApp) {
        let alice = app.with_token("alice").await;
        let token = alice.access_token().to_owned();
        assert_eq!(alice.bearer(&token).await.status, 200);
        app.clock.advance_ms(303_000);
        for _ in 0..2 {
            assert_eq!(alice.bearer(&token).await.code(), "token_expired");
        }
        app.clock.advance_ms(-303_000);
        assert_eq!(alice.bearer(&token).await.status, 200, "it was the time, and nothing else");
    }

    async fn more_tokens_than_are_kept_work_all_the_same(app: TestApp) {
        for kept in ["0", "2"] {
            let app = TestApp::with(app.kind(), &["--verified-tokens", kept]).await;
            let mut people = Vec::new();
            for number in 0..5 {
                people.push(app.with_token(&format!("user{number}")).await);
            }
            for _ in 0..2 {
                for person in &mut people {
                    let (id, token) = (person.user_id().await, person.access_token().to_owned());
                    let me = person.bearer(&token).await;
                    assert_eq!((me.status, me.json()["id"].as_str()), (200, Some(&*id)), "{kept} kept");
                }
            }
        }
    }
}
