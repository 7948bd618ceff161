//! Applications that show who they are with a JWT that their own key has signed (`private_key_jwt`).

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{
    app::TestApp,
    caller::{Answer, Caller},
    oauth::{BACK, ISSUER, Pairs, Program, encoded, post, register, text},
    on_both_databases,
};
use crate::{
    auth::tokens::{
        algorithm::{self, jwt_algorithm},
        key_set::Key,
    },
    base::config::TokenAlgorithm,
    oauth::clients::assertion::{PublicKey, TYPE},
};

const MINUTE: i64 = 60_000;
const ITSELF: (&str, &str) = ("grant_type", "client_credentials");

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<String> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// The public half as programs write it down.
fn spki(algorithm: TokenAlgorithm, private: &[u8]) -> String {
    let der: PublicKeyX509Der<'_> = match algorithm {
        TokenAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).expect("a pair");
            pair.public_key().as_der().expect("DER")
        }
        TokenAlgorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8(private).expect("a pair");
            pair.public_key().as_der().expect("DER")
        }
        _ => RsaKeyPair::from_pkcs8(private).expect("a pair").public_key().as_der().expect("DER"),
    };
    pem(der.as_ref())
}

fn jwk(key: &Key) -> String {
    serde_json::to_string(key.public.as_ref().expect("a public half")).expect("JSON")
}

/// An application with this key and no secret.
async fn with_key(app: &TestApp, ada: &mut Caller, kind: &str, key: &str) -> Program {
    let back = if kind == "service" { "" } else { BACK };
    let scopes = if kind == "service" { "orders:read" } else { "openid orders:read" };
    let program = register(app, ada, kind, back, scopes).await;
    let answer = ada.act("add_app_key", &[("id", &program.id), ("public_key", key)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let secret = program.secret.as_ref().expect("a secret");
    let answer = ada.act("remove_app_secret", &[("id", &program.id), ("prefix", &secret[..10])]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Program { secret: None, ..program }
}

/// What this application says of itself now.
fn claims(app: &TestApp, program: &Program) -> Value {
    let now = app.clock.now_ms() / 1000;
    let jti = uuid::Uuid::now_v7().to_string();
    json!({ "iss": program.id, "sub": program.id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": jti })
}

fn but(mut claims: Value, name: &str, value: Value) -> Value {
    match value {
        Value::Null => _ = claims.as_object_mut().expect("claims").remove(name),
        value => claims[name] = value,
    }
    claims
}

fn sign(algorithm: Algorithm, key: &EncodingKey, typ: Option<&str>, claims: &Value) -> String {
    let header = Header { typ: typ.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, key).expect("a JWT")
}

fn signed(key: &Key, claims: &Value) -> String {
    sign(jwt_algorithm(key.algorithm), &key.encoding, None, claims)
}

async fn show(program: &Program, path: &str, assertion: &str, more: Pairs<'_>) -> Answer {
    let shown = [("client_assertion_type", TYPE), ("client_assertion", assertion)];
    post(&program.anyone, path, &encoded(&[&shown[..], more].concat()), &[]).await
}

on_both_databases! {
    async fn a_key_of_each_algorithm_shows_who_an_application_is(app: TestApp) {
        let mut ada = app.admin().await;
        for algorithm in [TokenAlgorithm::Es256, TokenAlgorithm::EdDsa, TokenAlgorithm::Rs256] {
            let material = algorithm::generate(algorithm).expect("a key");
            let (encoding, _) = algorithm::open(algorithm, &material).expect("a key");
            let program = with_key(&app, &mut ada, "service", &spki(algorithm, &material.private)).await;
            let page = ada.open(&format!("/account/apps/{}", program.id)).await.text();
            assert!(page.contains(&format!("Public key, {}", algorithm.into_str())), "{page}");
            for (aud, typ) in [
                (json!(ISSUER), None), (json!(format!("{ISSUER}/oauth/token")), Some("JWT")), (json!([ISSUER]), Some("client-authentication+jwt")),
            ] {
                let claims = but(claims(&app, &program), "aud", aud);
                let answer = show(&program, "/oauth/token", &sign(jwt_algorithm(algorithm), &encoding, typ, &claims), &[ITSELF]).await;
                assert_eq!(answer.status, 200, "{}: {}", claims["aud"], answer.text());
            }
        }
        let document = app.anonymous().open("/.well-known/openid-configuration").await.json();
        for endpoint in ["token", "revocation", "introspection"] {
            let methods = document[format!("{endpoint}_endpoint_auth_methods_supported")].to_string();
            assert!(methods.contains("private_key_jwt"), "{methods}");
            assert_eq!(document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")], json!(["ES256", "EdDSA", "Ed25519", "RS256"]));
        }
    }

    async fn a_web_server_logs_users_in_asks_and_revokes_with_its_key(app: TestApp) {
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let key = Key::make(TokenAlgorithm::Es256).expect("a key");
        let web = with_key(&app, &mut ada, "web", &jwk(&key)).await;
        let code = web.code(&mut bob, &[("scope", "openid")]).await;
        let new = || signed(&key, &claims(&app, &web));
        let verifier = ("code_verifier", "a-verifier-of-at-least-43-characters-as-it-should-be");
        let redeem = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", BACK), verifier, ("client_id", &*web.id)];
        let tokens = show(&web, "/oauth/token", &new(), &redeem).await.json();
        let token = ("token", text(&tokens, "access_token"));
        assert_eq!(show(&web, "/oauth/introspect", &new(), &[token]).await.json()["active"], true);
        assert_eq!(show(&web, "/oauth/revoke", &new(), &[token]).await.status, 200);
        assert_eq!(show(&web, "/oauth/introspect", &new(), &[token]).await.json()["active"], false);
    }

    async fn an_assertion_works_once_and_is_forgotten_when_it_has_expired(app: TestApp) {
        let mut ada = app.admin().await;
        let key = Key::make(TokenAlgorithm::Es256).expect("a key");
        let (one, two) = (with_key(&app, &mut ada, "service", &jwk(&key)).await, with_key(&app, &mut ada, "service", &jwk(&key)).await);
        let assertion = signed(&key, &claims(&app, &one));
        let at_once = (0..10).map(|_| show(&one, "/oauth/token", &assertion, &[ITSELF]));
        let statuses: Vec<u16> = futures::future::join_all(at_once).await.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(show(&one, "/oauth/introspect", &assertion, &[("token", "x")]).await.status, 401, "nor elsewhere");
        let end = app.clock.now_ms() as f64 / 1000.0 + 60.5;
        let fraction = signed(&key, &but(claims(&app, &one), "exp", end.into()));
        assert_eq!(show(&one, "/oauth/token", &fraction, &[ITSELF]).await.status, 200, "RFC 7519 2");
        let named = but(claims(&app, &one), "jti", "a name".into());
        let same = but(claims(&app, &two), "jti", "a name".into());
        assert_eq!(show(&one, "/oauth/token", &signed(&key, &named), &[ITSELF]).await.status, 200);
        assert_eq!(show(&two, "/oauth/token", &signed(&key, &same), &[ITSELF]).await.status, 200, "each has names of its own");
        assert_eq!(app.count("select count(*) from client_assertions").await, 4);
        // Not at once: another instance, whose clock is behind, would take them again.
        for (minutes, left) in [(2, 4), (60, 0)] {
            app.clock.advance_ms(minutes * MINUTE);
            let state = &app.services.state;
            let mut tx = state.db.begin_write().await.expect("a transaction");
            crate::oauth::store::delete_old(&mut tx, state.clock.now_ms()).await.expect("the job");
            tx.commit().await.expect("the job");
            let kept = app.count("select count(*) from client_assertions").await;
            assert_eq!(kept, left, "after {minutes} minutes");
        }
        assert_eq!(show(&one, "/oauth/token", &assertion, &[ITSELF]).await.status, 401, "it has expired");
    }

    async fn no_forged_borrowed_or_old_assertion_shows_anything(app: TestApp) {
        let mut ada = app.admin().await;
        let (key, other) = (Key::make(TokenAlgorithm::Es256).expect("a key"), Key::make(TokenAlgorithm::Es256).expect("a key"));
        let program = with_key(&app, &mut ada, "service", &jwk(&key)).await;
        let neighbour = with_key(&app, &mut ada, "service", &jwk(&other)).await;
        let good = || claims(&app, &program);
        let now = app.clock.now_ms() / 1000;
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let none = |alg: &str| format!("{}.{}.", part(&json!({ "alg": alg, "typ": "JWT" })), part(&good()));
        let mut attacks = vec![("none", none("none")), ("no signature", none("ES256"))];
        let public = PublicKey::parse(&jwk(&key)).expect("a key").jwk;
        for secret in [public.as_bytes().to_vec(), jwk(&key).into_bytes(), key.decoding.try_get_as_bytes().expect("bytes").to_vec()] {
            attacks.push(("the public key as a secret", sign(Algorithm::HS256, &EncodingKey::from_secret(&secret), None, &good())));
        }
        let rsa = Key::make(TokenAlgorithm::Rs256).expect("a key");
        attacks.push(("another algorithm", signed(&rsa, &good())));
        attacks.push(("the key of another application", signed(&other, &good())));
        attacks.push(("another application's name", signed(&other, &claims(&app, &program))));
        attacks.push(("two names", signed(&key, &but(good(), "iss", neighbour.id.clone().into()))));
        attacks.push(("two names", signed(&key, &but(good(), "sub", neighbour.id.clone().into()))));
        for aud in [
            json!("https://evil.example"), json!(format!("{ISSUER}/")), json!(format!("{ISSUER}/oauth/revoke")),
            json!([ISSUER, "https://evil.example"]), json!([]), json!(program.id), Value::Null,
        ] {
            attacks.push(("for another server", signed(&key, &but(good(), "aud", aud))));
        }
        for (name, value) in [
            ("exp", json!(now)), ("exp", json!(now - 60)), ("exp", json!(now + 310)), ("exp", json!(i64::MAX)), ("exp", Value::Null),
            ("nbf", json!(now + 60)), ("jti", json!("")), ("jti", Value::Null), ("iss", Value::Null),
        ] {
            attacks.push((name, signed(&key, &but(good(), name, value))));
        }
        for typ in ["at+jwt", "logout+jwt", "dpop+jwt"] {
            attacks.push(("another kind", sign(Algorithm::ES256, &key.encoding, Some(typ), &good())));
        }
        let assertion = signed(&key, &good());
        let (start, _) = assertion.rsplit_once('.').expect("three parts");
        attacks.push(("another signature", format!("{start}.{}", BASE64_URL_SAFE_NO_PAD.encode([7; 64]))));
        attacks.push(("garbage", "x.y.z".into()));
        for (what, attack) in attacks {
            app.clock.advance_ms(1);
            let answer = show(&program, "/oauth/token", &attack, &[ITSELF, ("client_id", &program.id)]).await;
            let refused = (answer.status, text(&answer.json(), "error").to_owned());
            assert!(refused == (401, "invalid_client".into()) || refused == (429, "slow_down".into()), "{what}: {} {}", answer.status, answer.text());
            assert_eq!(show(&program, "/oauth/token", &signed(&key, &good()), &[ITSELF]).await.status, 200, "who knows the key doesn't wait");
        }
        let secret = register(&app, &mut ada, "service", "", "orders:read").await;
        let both = [ITSELF, ("client_id", &*program.id), ("client_secret", "lks_any")];
        let answer = show(&program, "/oauth/token", &signed(&key, &good()), &both).await;
        assert_eq!((answer.status, text(&answer.json(), "error")), (400, "invalid_request"), "in one way, not in two");
        let wrong_type = [ITSELF, ("client_assertion", &*signed(&key, &good())), ("client_assertion_type", "urn:x")];
        assert_eq!(post(&program.anyone, "/oauth/token", &encoded(&wrong_type), &[]).await.status, 400);
        // What stands in the table of secrets is no secret.
        for known in [public, format!("{} {}", program.id, key.kid), key.kid.clone()] {
            let guess = Program { secret: Some(known), ..program.clone() };
            assert!(matches!(guess.post("/oauth/token", &[ITSELF]).await.status, 401 | 429));
        }
        let of_secret = signed(&key, &claims(&app, &secret));
        assert!(matches!(show(&secret, "/oauth/token", &of_secret, &[ITSELF]).await.status, 401 | 429), "it has no key");
    }

    async fn a_key_is_looked_at_before_it_is_kept_and_works_until_it_is_removed(app: TestApp) {
        let mut ada = app.admin().await;
        let key = Key::make(TokenAlgorithm::EdDsa).expect("a key");
        let program = with_key(&app, &mut ada, "service", &jwk(&key)).await;
        let short = aws_lc_rs::rsa::KeySize::Rsa2048;
        let small = json!({ "kty": "RSA", "e": "AQAB", "n": BASE64_URL_SAFE_NO_PAD.encode([0x81; 128]) }).to_string();
        let padded = [&[0; 129][..], &[0x81; 128]].concat();
        let padded = json!({ "kty": "RSA", "e": "AQAB", "n": BASE64_URL_SAFE_NO_PAD.encode(padded) }).to_string();
        let mut private: Value = serde_json::from_str(&jwk(&key)).expect("JSON");
        private["d"] = "AAAA".into();
        let off_curve = json!({ "kty": "EC", "crv": "P-256", "x": BASE64_URL_SAFE_NO_PAD.encode([1; 32]), "y": BASE64_URL_SAFE_NO_PAD.encode([1; 32]) });
        let shared = json!({ "kty": "oct", "k": "AAAA" });
        let other_use = but(serde_json::from_str(&jwk(&key)).expect("JSON"), "alg", "ES256".into());
        let rsa = algorithm::rsa(short).expect("a key");
        for wrong in [
            String::new(), "x".into(), "{}".into(), small, padded, private.to_string(), off_curve.to_string(), shared.to_string(), other_use.to_string(),
            spki(TokenAlgorithm::Rs256, &rsa.private).replace("PUBLIC", "PRIVATE"),
        ] {
            let answer = ada.act("add_app_key", &[("id", &program.id), ("public_key", &wrong)]).await;
            assert_eq!((answer.status, answer.text().as_str()), (422, r#"{"Invalid":["PublicKeyMalformed"]}"#), "{wrong}");
        }
        let large_enough = spki(TokenAlgorithm::Rs256, &rsa.private);
        assert_eq!(ada.act("add_app_key", &[("id", &program.id), ("public_key", &large_enough)]).await.status, 200);
        assert_eq!(ada.act("add_app_key", &[("id", &program.id), ("public_key", &large_enough)]).await.status, 200, "it is there already");
        let third = jwk(&Key::make(TokenAlgorithm::Es256).expect("a key"));
        assert_eq!(ada.act("add_app_key", &[("id", &program.id), ("public_key", &third)]).await.text(), "\"TooManySecrets\"");
        let spa = register(&app, &mut ada, "spa", BACK, "openid").await;
        assert_eq!(ada.act("add_app_key", &[("id", &spa.id), ("public_key", &third)]).await.status, 404, "a page keeps no key");
        let mut bob = app.logged_in("bob").await;
        assert_eq!(bob.act("add_app_key", &[("id", &program.id), ("public_key", &third)]).await.status, 404);
        assert_eq!(show(&program, "/oauth/token", &signed(&key, &claims(&app, &program)), &[ITSELF]).await.status, 200);
        assert_eq!(ada.act("remove_app_secret", &[("id", &program.id), ("prefix", &key.kid)]).await.status, 200);
        assert_eq!(show(&program, "/oauth/token", &signed(&key, &claims(&app, &program)), &[ITSELF]).await.status, 401);
        let second_name = but(serde_json::from_str(&jwk(&key)).expect("JSON"), "alg", "Ed25519".into()).to_string();
        assert_eq!(PublicKey::parse(&second_name).map(|known| known.thumbprint), Ok(key.kid.clone()));
        let here = format!("/account/apps/{}", program.id);
        let refused = ada.submit("add_app_key", &[("id", &program.id), ("public_key", "a typo")], &here).await;
        let page = refused.text();
        assert!(page.contains("a typo") && page.contains("Paste a public key"), "nothing typed is lost: {page}");
        let log = ada.open("/account/activity").await.text();
        assert!(log.contains("You added a secret or public key to Ledger"), "{log}");
    }
}
