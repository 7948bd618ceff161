//! The life of signing keys: rotation by the clock, the emergency kill, several instances, what the table may not do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::rsa::KeySize;
use axum::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use jsonwebtoken::Header;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::{
    app::{HANG, PASSWORD, TestApp},
    caller::Caller,
    logs::Lines,
    on_both_databases,
};
use crate::{
    auth::{
        cause::Cause,
        event::Actor,
        revocations::{EndReason, feed},
        tokens::{
            KeyInfo, KeyPurpose, KeyState, algorithm, algorithm::jwt_algorithm, keeper, key_set::Key, keys::Keys,
            rotation, store,
        },
    },
    base::{
        config::{KEY_LEAD_MIN_SECONDS, TokenAlgorithm},
        db::Kind,
        error::AppError,
        sealed::SecretKey,
    },
    pages::part::Parts,
    serve::{router::router, services::Services},
    web::token::jwks::MAX_AGE_SECONDS,
};

pub const LEAD_MS: i64 = 600_000;
/// From the start of the successor to the end: the longest token and 90 seconds.
pub const OVERLAP_MS: i64 = 990_000;

pub fn order() -> Cause {
    Cause { actor: Actor::CommandLine, reason: EndReason::ByAdmin, words: "test".into(), caller: Default::default() }
}

/// What a token says in its header.
pub fn header(token: &str) -> Value {
    serde_json::from_slice(&B64.decode(token.split('.').next().expect("a header")).expect("base64url")).expect("JSON")
}

pub fn kid(caller: &Caller) -> String {
    header(caller.access_token())["kid"].as_str().expect("a kid").to_owned()
}

async fn renewed(caller: &mut Caller) -> String {
    assert_eq!(caller.renew().await.status, 200);
    kid(caller)
}

pub async fn published(app: &TestApp) -> Vec<String> {
    let document = app.anonymous().open("/.well-known/jwks.json").await.json();
    let keys = document["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

async fn list(services: &Services) -> Vec<KeyInfo> {
    Keys::list(&services.state).await.expect("the keys")
}

async fn state(app: &TestApp, kid: &str) -> Option<KeyState> {
    list(&app.services).await.iter().find(|key| key.kid == kid).map(|key| key.state)
}

fn signing_key(services: &Services) -> Arc<Key> {
    services.keys.key_set().signing(KeyPurpose::All, services.state.clock.now_ms()).expect("a key")
}

/// Alice's token with its times moved to now, signed with this key.
fn forged(app: &TestApp, key: &Key, token: &str) -> String {
    let part = token.split('.').nth(1).expect("claims");
    let mut claims: Value = serde_json::from_slice(&B64.decode(part).expect("base64url")).expect("JSON");
    let now = app.clock.now_ms() / 1000;
    (claims["iat"], claims["nbf"], claims["exp"]) = (now.into(), now.into(), (now + 300).into());
    let header =
        Header { typ: Some("at+jwt".into()), kid: Some(key.kid.clone()), ..Header::new(jwt_algorithm(key.algorithm)) };
    jsonwebtoken::encode(&header, &claims, &key.encoding).expect("a token")
}

on_both_databases! {
    async fn each_key_in_use_leads_to_where_it_is_revoked_for_who_may_act(app: TestApp) {
        let mut admin = app.admin().await;
        let kid = signing_key(&app.services).kid.clone();
        let way = format!("href=\"/admin/keys/{kid}#revoke\"");
        assert!(admin.open("/admin/keys").await.text().contains(&way));
        assert!(admin.open(&format!("/admin/keys/{kid}")).await.text().contains("id=\"revoke\""));
        let mut otto = app.auditor("otto").await;
        assert!(!otto.open("/admin/keys").await.text().contains("#revoke"));
        assert_eq!(admin.act("kill_key", &[("kid", &kid), ("reason", "it leaked")]).await.status, 200);
        let page = admin.open("/admin/keys").await.text();
        assert!(!page.contains(&way) && page.contains(">Revoked</span>"), "{page}");
    }

    async fn a_kill_from_a_process_with_other_settings_keeps_the_algorithm_that_verifiers_expect(app: TestApp) {
        let alice = app.with_token("alice").await;
        let mut config = (*app.services.state.config).clone();
        config.token_algorithm = TokenAlgorithm::EdDsa;
        let other = crate::serve::open_with(config, Parts::default(), app.clock.clone()).await.expect("the services");
        let signing = other.keys.revoke(&kid(&alice), &order()).await.expect("a receipt").signing;
        let keys = Keys::list(&app.services.state).await.expect("the keys");
        let successor = keys.iter().find(|key| key.kid == signing).expect("the successor");
        assert_eq!(successor.algorithm, TokenAlgorithm::Es256.into_str());
    }

    async fn a_rotation_goes_its_way_by_the_clock(app: TestApp) {
        let (mut admin, mut alice) = (app.admin().await, app.with_token("alice").await);
        let (old, old_key) = (kid(&alice), signing_key(&app.services));
        let answer = admin.act("rotate_keys", &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let new = answer.json()["kid"].as_str().expect("a kid").to_owned();
        assert_eq!(published(&app).await, [old.clone(), new.clone()], "published at once");
        assert_eq!((state(&app, &old).await, state(&app, &new).await), (Some(KeyState::Signing), Some(KeyState::Next)));
        app.clock.advance_ms(LEAD_MS - 1);
        assert_eq!(renewed(&mut alice).await, old, "the next key does not sign yet");
        let last = alice.access_token().to_owned();
        app.clock.advance_ms(1);
        assert_eq!(renewed(&mut alice).await, new);
        assert_eq!((state(&app, &old).await, state(&app, &new).await), (Some(KeyState::Retired), Some(KeyState::Signing)));
        assert_eq!(alice.bearer(&last).await.status, 200, "the retired key verifies");
        assert_eq!(published(&app).await.len(), 2);
        app.clock.advance_ms(OVERLAP_MS - 1);
        assert_eq!(alice.bearer(&forged(&app, &old_key, &last)).await.status, 200);
        app.clock.advance_ms(1);
        assert_eq!(alice.bearer(&forged(&app, &old_key, &last)).await.code(), "token_invalid", "dead");
        assert_eq!((published(&app).await, state(&app, &old).await), (vec![new], Some(KeyState::Dead)));
    }

    async fn no_request_fails_while_keys_are_rotated(app: TestApp) {
        let app = TestApp::with(app.services.state.db.kind, &["--key-lead-seconds", "30"]).await;
        let alice = app.with_token("alice").await;
        let other = app.another_instance().await;
        let stop = Arc::new(AtomicBool::new(false));
        let renewals = Arc::new([const { AtomicUsize::new(0) }; 4]);
        let workers: Vec<_> = (0..4).map(|at| {
            let (here, there, stop) = (alice.copy(), alice.at(router(other.clone())), Arc::clone(&stop));
            let pair = if at % 2 == 0 { [here, there] } else { [there, here] };
            tokio::spawn(call_until(stop, pair, Arc::clone(&renewals), at))
        }).collect();
        for round in 0..8 {
            let keys = if round % 2 == 0 { &app.services.keys } else { &other.keys };
            keys.rotate(&order()).await.expect("a rotation");
            all_renewed(&renewals, &workers).await;
            app.clock.advance_ms(30_000);
            all_renewed(&renewals, &workers).await;
        }
        stop.store(true, Ordering::SeqCst);
        let mut kids = std::collections::BTreeSet::new();
        for worker in workers {
            kids.extend(worker.await.expect("a worker"));
        }
        assert!(kids.len() > 4, "tokens of {} keys", kids.len());
    }

    async fn a_killed_key_stops_its_tokens_and_the_session_lives_on(app: TestApp) {
        let (mut admin, mut alice) = (app.admin().await, app.with_token("alice").await);
        let other = app.another_instance().await;
        let mut there = alice.at(router(other.clone()));
        let (old, old_key, token) = (kid(&alice), signing_key(&app.services), alice.access_token().to_owned());
        let answer = admin.act("kill_key", &[("kid", &old), ("reason", "it leaked")]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let signing = answer.json()["signing"].as_str().expect("a kid").to_owned();

        assert_eq!(alice.bearer(&token).await.code(), "token_revoked", "the very next call");
        assert_eq!(alice.bearer(&forged(&app, &old_key, &token)).await.code(), "token_revoked", "whoever has the key");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(alice.open("/dashboard").await.status, 200, "nobody is logged out");
        assert_eq!(kid(&alice), signing, "a page brings a token of the new key");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);

        other.revocations.sync().await.expect("the feed");
        assert_eq!(there.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked", "another instance, too");
        assert_eq!(renewed(&mut there).await, signing, "which signs with the killed key no more");
        assert_eq!(there.api(Method::GET, "/api/v1/me", None).await.status, 200);
        assert_eq!(published(&app).await, [signing]);
        let (wiped, reason): (String, String) =
            sqlx::query_as("select private_key_sealed, kill_reason from signing_keys where killed_at is not null")
                .fetch_one(&app.services.state.db.pool).await.expect("one row");
        assert_eq!((&*wiped, &*reason), ("", "it leaked"));
    }

    async fn a_token_of_a_key_that_another_instance_has_just_made_is_good_here(app: TestApp) {
        let alice = app.with_token("alice").await;
        let other = app.another_instance().await;
        other.keys.revoke(&kid(&alice), &order()).await.expect("a receipt");
        let mut there = alice.at(router(other));
        renewed(&mut there).await;
        assert_eq!(alice.bearer(there.access_token()).await.status, 200, "the unknown kid was looked for");
    }

    async fn a_key_whose_tokens_are_refused_is_published_no_more(app: TestApp) {
        let alice = app.with_token("alice").await;
        app.another_instance().await.keys.revoke(&kid(&alice), &order()).await.expect("a receipt");
        assert!(published(&app).await.contains(&kid(&alice)), "no one has said so here yet");
        app.services.revocations.sync().await.expect("the feed");
        assert_eq!(alice.bearer(alice.access_token()).await.code(), "token_revoked");
        assert!(!published(&app).await.contains(&kid(&alice)));
    }

    async fn made_up_kids_make_an_instance_ask_the_database_once_a_second_at_most(app: TestApp) {
        let alice = app.with_token("alice").await;
        let made_up = |kid: &str| {
            let (_, rest) = alice.access_token().split_once('.').expect("a token");
            format!("{}.{rest}", B64.encode(format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{kid}"}}"#)))
        };
        assert_eq!(alice.bearer(&made_up("one")).await.code(), "token_invalid");
        let other = app.another_instance().await;
        other.keys.revoke(&kid(&alice), &order()).await.expect("a receipt");
        let mut there = alice.at(router(other));
        renewed(&mut there).await;
        assert_eq!(alice.bearer(&made_up("two")).await.code(), "token_invalid");
        assert!(!app.services.keys.key_set().knows(&kid(&there)), "not asked again within the second");
        app.clock.advance_ms(1_000);
        assert_eq!(alice.bearer(&made_up("three")).await.code(), "token_invalid");
        assert!(app.services.keys.key_set().knows(&kid(&there)));
    }

    async fn a_kill_in_another_process_reaches_a_running_one_through_the_feed(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let old = kid(&alice);
        let feed = feed::poll_every(Duration::from_millis(20), app.services.revocations.clone());
        let keeper = keeper::keep(app.services.keys.clone());
        tokio::time::sleep(Duration::from_millis(100)).await;
        let signing = app.another_instance().await.keys.revoke(&old, &order()).await.expect("a receipt").signing;
        let heard = async {
            while !app.services.keys.key_set().knows(&signing) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANG, heard).await.expect("the keys are read again");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.code(), "token_revoked");
        assert_eq!(renewed(&mut alice).await, signing);
        feed.abort();
        keeper.abort();
    }

    async fn an_rsa_key_of_before_gives_way_to_one_of_3072_bits_and_no_token_is_refused(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--token-algorithm", "RS256"]).await;
        let (db, now_ms) = (&app.services.state.db.pool, app.clock.now_ms());
        let material = algorithm::rsa(KeySize::Rsa2048).expect("a key");
        let small = rotation::sealed(TokenAlgorithm::Rs256, material, &app.services.secret).expect("a row");
        sqlx::query("delete from signing_keys").execute(db).await.expect("an old installation");
        store::insert(db, &store::KeyRow { created_at: now_ms, signs_from: now_ms, ..small.clone() }).await.expect("a row");
        app.services.keys.reload().await.expect("the keys");
        let mut alice = app.with_token("alice").await;
        assert_eq!(kid(&alice), small.kid);
        app.services.keys.follow_settings().await.expect("a rotation");
        app.services.keys.follow_settings().await.expect("once");
        assert_eq!(app.count("select count(*) from signing_keys").await, 2);
        let why = app.count("select count(*) from audit_events where reason = 'the RSA key before was smaller than 3072 bits'").await;
        assert_eq!(why, 1);
        app.clock.advance_ms(LEAD_MS);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 401, "its life is over by then");
        let new = renewed(&mut alice).await;
        let keys = app.anonymous().open("/.well-known/jwks.json").await.json();
        let bits = |kid: &str| {
            let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == kid).expect("the key");
            B64.decode(key["n"].as_str().expect("a modulus")).expect("bytes").len() * 8
        };
        assert_eq!((bits(&small.kid), bits(&new)), (2_048, 3_072), "both verify");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
        app.services.keys.follow_settings().await.expect("nothing to do");
        assert_eq!(app.count("select count(*) from signing_keys").await, 2);
    }

    async fn killing_the_signing_key_promotes_the_next_one(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let old = kid(&alice);
        let next = app.services.keys.rotate(&order()).await.expect("a rotation").kid;
        assert_eq!(app.services.keys.revoke(&old, &order()).await.expect("a receipt").signing, next);
        assert_eq!(renewed(&mut alice).await, next, "the key that verifiers know already");
        assert_eq!(app.count("select count(*) from signing_keys").await, 2);
    }

    async fn killing_the_next_or_a_retired_key_leaves_the_signing_one(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let (first, keys) = (kid(&alice), &app.services.keys);
        let next = keys.rotate(&order()).await.expect("a rotation").kid;
        assert_eq!(keys.revoke(&next, &order()).await.expect("a receipt").signing, first);
        assert_eq!((published(&app).await, renewed(&mut alice).await), (vec![first.clone()], first.clone()));
        let second = keys.rotate(&order()).await.expect("a killed key does not stand in the way").kid;
        app.clock.advance_ms(LEAD_MS);
        assert_eq!(keys.revoke(&first, &order()).await.expect("a receipt").signing, second);
        assert_eq!((published(&app).await, renewed(&mut alice).await), (vec![second.clone()], second));
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }

    async fn a_key_that_was_killed_before_it_signed_was_never_in_use(app: TestApp) {
        let (mut admin, keys) = (app.admin().await, &app.services.keys);
        let next = keys.rotate(&order()).await.expect("a rotation").kid;
        let (list, page) = ("data-label=\"In use from\">never<", "<dt>In use from</dt><dd>never<");
        assert!(!admin.open("/admin/keys").await.text().contains(list));
        keys.revoke(&next, &order()).await.expect("a receipt");
        for _ in 0..2 {
            assert_eq!(admin.open("/admin/keys").await.text().matches(list).count(), 1);
            let shown = admin.open(&format!("/admin/keys/{next}")).await.text();
            assert!(shown.contains(page), "{shown}");
            app.clock.advance_ms(LEAD_MS);
        }
    }

    async fn an_unknown_or_dead_key_is_not_killed_and_a_second_rotation_waits(app: TestApp) {
        let mut admin = app.admin().await;
        let first = kid(&admin);
        assert_eq!(admin.act("rotate_keys", &[]).await.status, 200);
        let answer = admin.act("rotate_keys", &[]).await;
        assert_eq!((answer.status, answer.text()), (409, "\"RotationUnderWay\"".into()));
        let answer = admin.act("kill_key", &[("kid", &first), ("reason", " ")]).await;
        assert_eq!((answer.status, answer.text()), (422, r#"{"Invalid":["ReasonMissing"]}"#.into()));
        for kid in ["nobody", ""] {
            let answer = admin.act("kill_key", &[("kid", kid), ("reason", "test")]).await;
            assert_eq!((answer.status, answer.text()), (404, "\"KeyNotInUse\"".into()));
        }
        assert_eq!(admin.act("kill_key", &[("kid", &first), ("reason", "test")]).await.status, 200);
        assert_eq!(admin.act("kill_key", &[("kid", &first), ("reason", "test")]).await.text(), "\"KeyNotInUse\"");
        assert_eq!(admin.open("/admin/keys/nobody").await.status, 404);
    }

    async fn rotations_and_kills_at_once_leave_one_signing_key(app: TestApp) {
        let other = app.another_instance().await;
        let (order, first) = (order(), signing_key(&app.services).kid.clone());
        let (one, two) = tokio::join!(app.services.keys.rotate(&order), other.keys.rotate(&order));
        let refusals: Vec<AppError> = [one.err(), two.err()].into_iter().flatten().collect();
        assert_eq!(refusals, [AppError::RotationUnderWay]);
        let (one, two) = tokio::join!(app.services.keys.revoke(&first, &order), other.keys.revoke(&first, &order));
        let refusals: Vec<AppError> = [one.err(), two.err()].into_iter().flatten().collect();
        assert_eq!(refusals, [AppError::KeyNotInUse]);
        let states: Vec<KeyState> = list(&app.services).await.iter().map(|key| key.state).collect();
        assert_eq!(states.iter().filter(|state| **state == KeyState::Signing).count(), 1, "{states:?}");
        for keys in [&app.services.keys, &other.keys] {
            keys.reload().await.expect("the keys");
        }
        assert_eq!(signing_key(&app.services).kid, signing_key(&other).kid);
    }

    async fn a_start_with_another_algorithm_begins_a_rotation_and_fails_nobody(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let old = kid(&alice);
        let restarted = app.another_instance_with(TokenAlgorithm::EdDsa).await;
        let twin = app.another_instance_with(TokenAlgorithm::EdDsa).await;
        let (one, two) = tokio::join!(restarted.keys.follow_settings(), twin.keys.follow_settings());
        one.expect("a rotation");
        two.expect("no second one");
        restarted.keys.follow_settings().await.expect("nothing to do");
        let keys = list(&app.services).await;
        let shown: Vec<(&str, KeyState)> = keys.iter().map(|key| (&*key.algorithm, key.state)).collect();
        assert_eq!(shown, [("EdDSA", KeyState::Next), ("ES256", KeyState::Signing)]);
        let mut there = alice.at(router(restarted));
        assert_eq!(renewed(&mut there).await, old);
        app.clock.advance_ms(LEAD_MS);
        renewed(&mut there).await;
        assert_eq!(header(there.access_token())["alg"], "EdDSA");
        assert_eq!(alice.bearer(there.access_token()).await.status, 200);
        app.services.keys.follow_settings().await.expect("the way back");
        assert_eq!(list(&app.services).await[0].algorithm, "ES256");
        assert_eq!(alice.renew().await.status, 200);
    }

    async fn rotation_and_kill_are_written_down_with_who_which_and_why(app: TestApp) {
        let mut admin = app.admin().await;
        let (kid, id) = (kid(&admin), admin.user_id().await);
        admin.act("rotate_keys", &[]).await;
        admin.act("kill_key", &[("kid", &kid), ("reason", "it leaked")]).await;
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select actor, reason, details from audit_events where event in ('key_rotated', 'key_killed') order by id",
        ).fetch_all(&app.services.state.db.pool).await.expect("the events");
        let [first, rotated, killed] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((&*first.0, &*rotated.0, &*killed.0), ("system", &*id, &*id));
        assert!(killed.1 == "it leaked" && killed.2.contains(&kid), "{killed:?}");
    }

    async fn a_swapped_public_key_stops_the_load_and_the_key_can_still_be_killed(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let old = kid(&alice);
        let thief = algorithm::generate(TokenAlgorithm::Es256).expect("a key");
        sqlx::query("update signing_keys set public_key = $1")
            .bind(B64.encode(&thief.public)).execute(&app.services.state.db.pool).await.expect("an update");
        let words = app.start_again().await.err().expect("a refusal");
        assert!(words.contains(&old) && words.contains("signing_keys") && !words.contains('\n'), "{words}");
        app.services.keys.reload().await.expect_err("not taken in");
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200, "the keys before stay");

        let secret = SecretKey::find(&app.services.state.config).expect("the secret key");
        let (state, revocations) = (app.services.state.clone(), app.services.revocations.clone());
        let keys = Keys::unopened(state, secret, revocations);
        keys.revoke(&old, &order()).await.expect("a receipt");
        assert!(app.start_again().await.is_ok());
        assert_eq!(alice.renew().await.status, 200);
    }

    async fn sealed_keys_cannot_change_places_or_algorithm(app: TestApp) {
        let db = &app.services.state.db.pool;
        app.services.keys.rotate(&order()).await.expect("a rotation");
        for change in [
            "update signing_keys set algorithm = 'HS256'",
            "update signing_keys set algorithm = 'RS256'",
            "update signing_keys set algorithm = 'EdDSA'",
            "update signing_keys set algorithm = 'none'",
            "update signing_keys set public_key = ''",
            "update signing_keys set public_key = (select max(public_key) from signing_keys)",
            "update signing_keys set private_key_sealed = (select max(private_key_sealed) from signing_keys)",
        ] {
            let before: Vec<(String, String, String, String)> =
                sqlx::query_as("select kid, algorithm, public_key, private_key_sealed from signing_keys")
                    .fetch_all(db).await.expect("the rows");
            sqlx::query(change).execute(db).await.expect("an update");
            app.services.keys.reload().await.expect_err(change);
            for (kid, algorithm, public, private) in before {
                sqlx::query("update signing_keys set algorithm = $1, public_key = $2, private_key_sealed = $3 where kid = $4")
                    .bind(algorithm).bind(public).bind(private).bind(kid).execute(db).await.expect("as it was");
            }
        }
        app.services.keys.reload().await.expect("as it was");
    }

    async fn dead_keys_lose_their_private_half_and_after_a_month_their_row(app: TestApp) {
        let wiped = "select count(*) from signing_keys where private_key_sealed = ''";
        let keys = &app.services.keys;
        keys.rotate(&order()).await.expect("a rotation");
        for (advance, expected) in [(0, (2, 0)), (LEAD_MS + OVERLAP_MS - 1, (2, 0)), (1, (2, 1)), (30 * 86_400_000, (2, 1)), (1, (1, 0))] {
            app.clock.advance_ms(advance);
            keeper::tidy(keys).await.expect("tidied");
            assert_eq!((app.count("select count(*) from signing_keys").await, app.count(wiped).await), expected);
        }
        keys.reload().await.expect("the keys");
        assert_eq!(signing_key(&app.services).kid, list(&app.services).await[0].kid);
    }

    async fn the_pages_show_what_is_and_work_without_javascript(app: TestApp) {
        let mut admin = app.admin().await;
        let first = kid(&admin);
        let page = admin.open("/admin/keys").await.text();
        assert!(page.contains(&format!("/admin/keys/{first}")) && page.contains(">In use</span>"), "{page}");
        let answer = admin.submit("rotate_keys", &[], "/admin/keys").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/admin/keys"));
        let page = admin.open("/admin/keys").await.text();
        assert!(page.contains("created. It will be in use from 1 January 2026 at 12:10 UTC"), "{page}");
        let path = format!("/admin/keys/{first}");
        let answer = admin.submit("kill_key", &[("kid", &first), ("reason", "")], &path).await;
        assert!(answer.status == 422 && answer.text().contains("Enter a reason."), "{}", answer.text());
        let answer = admin.submit("kill_key", &[("kid", &first), ("reason", "it leaked")], &path).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/admin/keys"));
        assert!(admin.open("/admin/keys").await.text().contains("New tokens are signed with"));
        let page = admin.open(&path).await.text();
        assert!(page.contains("it leaked") && !page.contains("Revoke key"), "{page}");
    }

    async fn rotation_and_kill_ask_for_the_password_of_a_stale_session(app: TestApp) {
        let mut admin = app.admin().await;
        let first = kid(&admin);
        app.clock.advance_ms(600_000);
        assert_eq!(admin.open("/admin/keys").await.status, 200, "reading goes on");
        assert_eq!(admin.act("rotate_keys", &[]).await.text(), "\"ProofNeeded\"");
        let fields = [("kid", &*first), ("reason", "it leaked")];
        assert_eq!(admin.act("kill_key", &fields).await.text(), "\"ProofNeeded\"");
        let path = format!("/admin/keys/{first}");
        let answer = admin.submit("kill_key", &fields, &path).await;
        let page = answer.text();
        assert!(page.contains("it leaked") && page.contains(&first), "what was typed goes on: {page}");
        assert_eq!(state(&app, &first).await, Some(KeyState::Signing));
        let fields = [("kid", &*first), ("reason", "it leaked"), ("password", PASSWORD)];
        assert_eq!(admin.act("kill_key", &fields).await.status, 200);
        assert_eq!(state(&app, &first).await, Some(KeyState::Revoked));
        assert_eq!(admin.act("rotate_keys", &[]).await.status, 200, "fresh again");
    }

    async fn a_key_from_before_rotation_signs_on(app: TestApp) {
        let config = (*app.services.state.config).clone();
        let state = app.services.state.clone();
        let secret = SecretKey::find(&config).expect("the secret key");
        // The table as it was, with a row as it was.
        let old = algorithm::generate(TokenAlgorithm::Es256).expect("a key");
        let (_, decoding) = algorithm::open(TokenAlgorithm::Es256, &old).expect("it opens");
        let jwk = algorithm::public_jwk(TokenAlgorithm::Es256, &decoding).expect("public");
        let kid = algorithm::thumbprint(&jwk).expect("a kid");
        let again = "delete from _sqlx_migrations where version in (3, 20)";
        for statement in ["drop table signing_keys", "alter table clients drop column id_token_alg", again, TABLE_BEFORE] {
            sqlx::query(statement).execute(&state.db.pool).await.expect(statement);
        }
        sqlx::query("insert into signing_keys (kid, algorithm, public_key, private_key_sealed, created_at) values ($1, 'ES256', $2, $3, $4)")
            .bind(&kid).bind(B64.encode(&old.public)).bind(secret.seal(&kid, &old.private).expect("sealed"))
            .bind(app.clock.now_ms() - 86_400_000)
            .execute(&state.db.pool).await.expect("a row");
        let upgraded = app.another_instance().await;
        assert_eq!(signing_key(&upgraded).kid, kid);
        let mut alice = Caller::of(router(upgraded));
        let fields = [("name", "alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        assert_eq!(alice.act("sign_up", &fields).await.status, 200);
        assert_eq!(renewed(&mut alice).await, kid);
        assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
    }
}

const TABLE_BEFORE: &str = "create table signing_keys (kid text primary key, algorithm text not null, \
    public_key text not null, private_key_sealed text not null, created_at bigint not null)";

/// Calls the API on both instances, with a new token for every fourth call, until told to stop. How many calls, and
/// with tokens of which keys.
/// The keys of the tokens that it had: each is good here and there, and still good after a while.
async fn call_until(
    stop: Arc<AtomicBool>,
    [mut one, mut two]: [Caller; 2],
    renewals: Arc<[AtomicUsize; 4]>,
    at: usize,
) -> Vec<String> {
    let mut kids = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        kids.push(renewed(&mut one).await);
        two.cookies.clone_from(&one.cookies);
        for _ in 0..2 {
            for caller in [&mut one, &mut two] {
                let answer = caller.api(Method::GET, "/api/v1/me", None).await;
                assert_eq!(answer.status, 200, "token {}: {}", kids.len(), answer.text());
            }
        }
        renewals[at].fetch_add(1, Ordering::SeqCst);
    }
    kids
}

/// Waits until each worker has taken and used another token, from the first step to the last.
async fn all_renewed(renewals: &[AtomicUsize; 4], workers: &[JoinHandle<Vec<String>>]) {
    let counts = || renewals.each_ref().map(|count| count.load(Ordering::SeqCst));
    let before = counts();
    let done = async {
        // One may have begun before this.
        while counts().iter().zip(before).any(|(now, before)| *now < before + 2) {
            assert!(!workers.iter().any(JoinHandle::is_finished), "a call was refused");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(HANG, done).await.expect("calls");
}

#[tokio::test]
async fn the_document_is_never_kept_for_as_long_as_a_key_waits() {
    // Whichever process makes the key: an instance hears of it within five seconds.
    const { assert!(MAX_AGE_SECONDS + 5 < KEY_LEAD_MIN_SECONDS) };
    for lead in ["30", "86400"] {
        let app = TestApp::with(Kind::Sqlite, &["--key-lead-seconds", lead]).await;
        let answer = app.anonymous().open("/.well-known/jwks.json").await;
        assert_eq!(answer.header("cache-control"), "public, max-age=15", "{lead}");
    }
}

#[tokio::test]
async fn the_log_names_a_key_that_another_process_has_made() {
    let app = TestApp::on(Kind::Sqlite).await;
    let (other, keys) = (app.another_instance().await, &app.services.keys);
    let made = other.keys.rotate(&order()).await.expect("a rotation").kid;
    let said = async || {
        let lines = Lines::default();
        let listening = lines.listen("text", "info");
        keys.reload().await.expect("the keys");
        drop(listening);
        lines.text()
    };
    let log = said().await;
    assert!(log.contains("a signing key of another process") && log.contains(&made), "{log}");
    assert_eq!(said().await, "", "once");
    let lines = Lines::default();
    let listening = lines.listen("text", "info");
    keys.revoke(&made, &order()).await.expect("a receipt");
    keys.rotate(&order()).await.expect("a rotation");
    drop(listening);
    let log = lines.text();
    assert!(log.contains("created a signing key") && !log.contains("another process"), "{log}");
}
