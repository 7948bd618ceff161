//! ID tokens signed with RS256 for applications that ask for it, beside all others: the keys for that, and what they don't open.

use axum::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::JwkSet};
use serde_json::{Value, json};

use super::{
    app::TestApp,
    caller::Caller,
    keys::{LEAD_MS, OVERLAP_MS, header, order, published},
    oauth::{BACK, ISSUER, Program, encoded, register, register_with, text, told, value},
    oauth_tokens::{bearer, claims, me},
    on_both_databases,
};
use crate::{
    auth::tokens::{
        KeyPurpose, KeyState,
        claims::ID_TOKEN,
        key_set::Key,
        keys::Keys,
        mint::{sign, sign_as},
    },
    base::config::TokenAlgorithm,
    serve::router::router,
};

const ALL: &str = "openid account:read offline_access";
const OF_ID_TOKENS: &str = "select count(*) from signing_keys where purpose = 'id_tokens'";

/// An application of Ada's that asks for RS256.
async fn asking(app: &TestApp, ada: &mut Caller) -> Program {
    register_with(app, ada, &[("kind", "web"), ("redirects", BACK), ("scopes", ALL), ("id_token_alg", "RS256")]).await
}

fn kid(tokens: &Value, name: &str) -> String {
    text(&header(text(tokens, name)), "kid").to_owned()
}

/// Of the ID token and of the access token.
fn algorithms(tokens: &Value) -> (Value, Value) {
    let alg = |name| header(text(tokens, name))["alg"].clone();
    (alg("id_token"), alg("access_token"))
}

/// What the ID token says, verified as its application does it.
async fn verified(app: &TestApp, program: &Program, tokens: &Value, algorithm: Algorithm) -> Value {
    let keys: JwkSet =
        serde_json::from_value(app.anonymous().open("/.well-known/jwks.json").await.json()).expect("keys");
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[&program.id]);
    let key = DecodingKey::from_jwk(keys.find(&kid(tokens, "id_token")).expect("its key")).expect("a key");
    decode::<Value>(text(tokens, "id_token"), &key, &validation).expect("ours").claims
}

/// Refreshes, and keeps what comes.
async fn refresh(program: &Program, tokens: &mut Value) {
    let answer = program.refresh(text(tokens, "refresh_token")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    *tokens = answer.json();
}

/// What the application is told of a user whom it doesn't expect: nothing, or what is wrong.
async fn hinted(user: &mut Caller, program: &Program, hint: &str) -> String {
    let query = program.query(&[("scope", "openid"), ("id_token_hint", hint), ("prompt", "none")]);
    value(&told(&user.open(&format!("/oauth/authorize?{query}")).await), "error").to_owned()
}

on_both_databases! {
    async fn who_asks_for_rs256_gets_it_and_everyone_else_what_they_had(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let usual = register(&app, &mut ada, "web", BACK, ALL).await;
        assert_eq!(app.count(OF_ID_TOKENS).await, 0, "no one has asked yet");
        let asking = asking(&app, &mut ada).await;
        assert_eq!(published(&app).await.len(), 2, "before the first login");
        let (mut of_asking, of_usual) = (asking.tokens(&mut bob, ALL).await, usual.tokens(&mut bob, ALL).await);
        assert_eq!(algorithms(&of_asking), (json!("RS256"), json!("ES256")));
        assert_eq!(algorithms(&of_usual), (json!("ES256"), json!("ES256")));
        refresh(&asking, &mut of_asking).await;
        assert_eq!(algorithms(&of_asking), (json!("RS256"), json!("ES256")));
        for (program, tokens, algorithm) in [(&asking, &of_asking, Algorithm::RS256), (&usual, &of_usual, Algorithm::ES256)] {
            assert_eq!(verified(&app, program, tokens, algorithm).await["sub"], bob.user_id().await);
            assert_eq!(me(&app, tokens).await, 200);
        }
        let keys = app.anonymous().open("/.well-known/jwks.json").await.json();
        let rsa = keys["keys"].as_array().expect("keys").iter().find(|key| key["alg"] == "RS256").expect("the key");
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(text(rsa, "n")).expect("a modulus").len() * 8, 3_072);
        let about = bob.open("/.well-known/openid-configuration").await.json();
        assert_eq!(about["id_token_signing_alg_values_supported"], json!(["ES256", "RS256"]));
        // Another choice counts from the next token on.
        let page = format!("/account/apps/{}", asking.id);
        assert!(ada.open(&page).await.text().contains("<dd>RS256</dd>"));
        let fields = [("id", &*asking.id), ("kind", "web"), ("name", "Ledger"), ("redirects", BACK), ("scopes", ALL)];
        assert_eq!(ada.act("change_app", &fields).await.status, 200);
        assert!(!ada.open(&page).await.text().contains("<dd>RS256</dd>"));
        refresh(&asking, &mut of_asking).await;
        assert_eq!(algorithms(&of_asking).0, "ES256");
        let fields = [&fields[..], &[("id_token_alg", "RS256")]].concat();
        assert_eq!(ada.act("change_app", &fields).await.status, 200);
        refresh(&asking, &mut of_asking).await;
        assert_eq!((algorithms(&of_asking).0, app.count(OF_ID_TOKENS).await), (json!("RS256"), 1));
    }

    async fn a_key_for_id_tokens_opens_nothing_else(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.with_token("bob").await);
        let asking = asking(&app, &mut ada).await;
        let tokens = asking.tokens(&mut bob, ALL).await;
        let keys = &app.services.keys;
        let [own, key] = [keys.signing(KeyPurpose::All).await, keys.signing(KeyPurpose::IdTokens).await].map(|key| key.expect("a key"));
        assert_eq!(kid(&tokens, "id_token"), key.kid);
        let there = Caller::of(router(app.another_instance().await));
        // What a thief of it makes: under its own name, and under that of the key of access tokens.
        let in_disguise = Key {
            kid: own.kid.clone(),
            algorithm: key.algorithm,
            purpose: KeyPurpose::All,
            encoding: key.encoding.clone(),
            decoding: key.decoding.clone(),
            public: None,
        };
        for good in [bob.access_token().to_owned(), text(&tokens, "access_token").to_owned()] {
            let says = claims(&good);
            let again = sign(&own, &says).expect("a token");
            assert_eq!((app.anonymous().bearer(&again).await.status, there.bearer(&again).await.status), (200, 200), "the claims are good");
            for thief in [&*key, &in_disguise] {
                let forged = sign(thief, &says).expect("a token");
                for instance in [&app.anonymous(), &there, &there] {
                    assert_eq!(instance.bearer(&forged).await.code(), "token_invalid");
                }
                assert_eq!(bearer(&app, "GET", "/oauth/userinfo", &forged).await.status, 401);
                assert_eq!(asking.post("/oauth/introspect", &[("token", &forged)]).await.json(), json!({ "active": false }));
                bob.cookies.insert("__Host-access".into(), forged);
                assert_eq!(bob.api(Method::GET, "/api/v1/me", None).await.code(), "token_invalid", "in the cookie");
            }
        }
        assert_eq!(app.anonymous().bearer(text(&tokens, "id_token")).await.code(), "token_invalid");
    }

    async fn an_id_token_of_either_key_is_a_hint(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let asking = asking(&app, &mut ada).await;
        asking.tokens(&mut ada, "openid").await;
        let tokens = asking.tokens(&mut bob, ALL).await;
        let hint = text(&tokens, "id_token");
        assert_eq!((hinted(&mut bob, &asking, hint).await, hinted(&mut ada, &asking, hint).await), (String::new(), "login_required".into()));
        let (rest, signature) = hint.rsplit_once('.').expect("a signature");
        let other = if signature.starts_with('A') { "B" } else { "A" };
        assert_eq!(hinted(&mut bob, &asking, &format!("{rest}.{other}{}", &signature[1..])).await, "invalid_request");
        assert_eq!(hinted(&mut bob, &asking, text(&tokens, "access_token")).await, "invalid_request");
        // Of before the application asked for RS256.
        let own = app.services.keys.signing(KeyPurpose::All).await.expect("a key");
        let before = sign_as(ID_TOKEN, &own, &claims(hint)).expect("a token");
        assert_eq!(hinted(&mut ada, &asking, &before).await, "login_required");
        let query = encoded(&[("id_token_hint", hint)]);
        assert!(bob.open(&format!("/oauth/logout?{query}")).await.text().contains("Ledger"), "whose it is");
    }

    async fn the_key_for_id_tokens_is_rotated_and_revoked_like_the_other(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let asking = asking(&app, &mut ada).await;
        asking.tokens(&mut ada, "openid").await;
        let mut tokens = asking.tokens(&mut bob, ALL).await;
        let (first, own, hint) = (kid(&tokens, "id_token"), kid(&tokens, "access_token"), text(&tokens, "id_token").to_owned());
        let page = ada.open("/admin/keys").await.text();
        assert!(page.contains("RS256, for ID tokens") && page.contains("The key for ID tokens is replaced with it."), "{page}");
        let page = ada.open(&format!("/admin/keys/{first}")).await.text();
        assert!(page.contains("RS256, for ID tokens") && page.contains("No one is logged out") && !page.contains("browsers fetch"), "{page}");
        assert_eq!(ada.act("rotate_keys", &[]).await.status, 200);
        let infos = Keys::list(&app.services.state).await.expect("the keys");
        for purpose in [KeyPurpose::All, KeyPurpose::IdTokens] {
            let states = infos.iter().filter(|key| key.purpose == purpose).map(|key| key.state);
            assert_eq!(states.collect::<Vec<_>>(), [KeyState::Next, KeyState::Signing]);
        }
        assert_eq!((published(&app).await.len(), ada.act("rotate_keys", &[]).await.status), (4, 409));
        app.clock.advance_ms(LEAD_MS - 1);
        refresh(&asking, &mut tokens).await;
        assert_eq!((kid(&tokens, "id_token"), kid(&tokens, "access_token")), (first.clone(), own.clone()), "verifiers have time");
        app.clock.advance_ms(1);
        refresh(&asking, &mut tokens).await;
        let (second, other_own) = (kid(&tokens, "id_token"), kid(&tokens, "access_token"));
        assert!(second != first && other_own != own && algorithms(&tokens) == (json!("RS256"), json!("ES256")));
        app.clock.advance_ms(OVERLAP_MS - 1);
        assert_eq!(hinted(&mut ada, &asking, &hint).await, "login_required", "a retired key verifies");
        app.clock.advance_ms(1);
        assert_eq!((hinted(&mut ada, &asking, &hint).await, published(&app).await.len()), (String::new(), 2));

        let other = app.another_instance().await;
        let receipt = app.services.keys.revoke(&second, &order()).await.expect("a receipt");
        let hint = text(&tokens, "id_token").to_owned();
        assert_eq!(hinted(&mut ada, &asking, &hint).await, "", "it proves nothing any more");
        assert!(!published(&app).await.contains(&second));
        refresh(&asking, &mut tokens).await;
        assert_eq!((kid(&tokens, "id_token"), kid(&tokens, "access_token")), (receipt.signing.clone(), other_own), "the other key stays");
        verified(&app, &asking, &tokens, Algorithm::RS256).await;
        assert_eq!(me(&app, &tokens).await, 200);
        other.revocations.sync().await.expect("the feed");
        assert_eq!(other.keys.signing(KeyPurpose::IdTokens).await.expect("a key").kid, receipt.signing);
        let of_rsa = "select count(*) from signing_keys where algorithm = 'RS256' and purpose <> 'id_tokens'";
        assert_eq!(app.count(of_rsa).await, 0);
    }

    async fn several_instances_that_need_the_first_key_at_once_make_one(app: TestApp) {
        let other = app.another_instance().await;
        let keys = [&app.services.keys, &other.keys, &app.services.keys, &other.keys];
        let made = futures::future::join_all(keys.map(|keys| keys.signing(KeyPurpose::IdTokens))).await;
        let kids: Vec<String> = made.into_iter().map(|key| key.expect("a key").kid.clone()).collect();
        assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
        assert_eq!(app.count(OF_ID_TOKENS).await, 1);
    }

    async fn it_goes_with_whatever_access_tokens_are_signed(app: TestApp) {
        for (own, of_usual, supported, count) in [
            ("EdDSA", json!("EdDSA"), json!(["EdDSA", "RS256"]), 2),
            ("RS256", json!("RS256"), json!(["RS256"]), 1),
            ("HS256", Value::Null, json!(["RS256"]), 1),
        ] {
            let app = TestApp::with(app.kind(), &["--token-algorithm", own]).await;
            let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
            let (asking, usual) = (asking(&app, &mut ada).await, register(&app, &mut ada, "web", BACK, ALL).await);
            let (tokens, others) = (asking.tokens(&mut bob, ALL).await, usual.tokens(&mut bob, ALL).await);
            assert_eq!(algorithms(&tokens), (json!("RS256"), json!(own)));
            verified(&app, &asking, &tokens, Algorithm::RS256).await;
            let alg = others["id_token"].as_str().map_or(Value::Null, |token| header(token)["alg"].clone());
            assert_eq!((alg, me(&app, &tokens).await, me(&app, &others).await), (of_usual, 200, 200), "{own}");
            let about = bob.open("/.well-known/openid-configuration").await.json();
            assert_eq!(about["id_token_signing_alg_values_supported"], supported, "{own}");
            app.services.keys.follow_settings().await.expect("nothing to do");
            assert_eq!(published(&app).await.len(), count, "{own}");
        }
    }

    async fn a_change_of_the_setting_leaves_the_key_for_id_tokens_alone(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let asking = asking(&app, &mut ada).await;
        let mut tokens = asking.tokens(&mut bob, ALL).await;
        app.services.keys.follow_settings().await.expect("nothing to do");
        assert_eq!(published(&app).await.len(), 2);
        let first = kid(&tokens, "id_token");
        for (algorithm, is_one) in [(TokenAlgorithm::EdDsa, false), (TokenAlgorithm::Rs256, true), (TokenAlgorithm::Es256, false)] {
            app.another_instance_with(algorithm).await.keys.follow_settings().await.expect("a rotation");
            app.clock.advance_ms(LEAD_MS);
            app.services.keys.reload().await.expect("the keys");
            refresh(&asking, &mut tokens).await;
            assert_eq!(algorithms(&tokens), (json!("RS256"), json!(algorithm.into_str())));
            assert_eq!(kid(&tokens, "id_token") == kid(&tokens, "access_token"), is_one, "one key is enough");
            assert_eq!((kid(&tokens, "id_token") == first, app.count(OF_ID_TOKENS).await), (!is_one, 1));
        }
    }
}
