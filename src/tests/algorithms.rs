//! Each algorithm from the log-in to a verifier elsewhere, and none passes for another.

use aws_lc_rs::hmac;
use axum::http::Method;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as B64},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::JwkSet};
use serde_json::{Value, json};

use super::{app::TestApp, keys::header, on_both_databases};
use crate::auth::tokens::{KeyPurpose, algorithm::jwt_algorithm, claims::Claims};

const ALL: [&str; 4] = ["ES256", "EdDSA", "RS256", "HS256"];
/// Everything that a header can name (RFC 7518 3.1, RFC 8037, RFC 9864).
const NAMES: [&str; 16] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
    "EdDSA", "Ed25519", "es256", "none",
];

async fn signing_with(app: &TestApp, algorithm: &str) -> TestApp {
    TestApp::with(app.services.state.db.kind, &["--token-algorithm", algorithm]).await
}

async fn document(app: &TestApp) -> Value {
    app.anonymous().open("/.well-known/jwks.json").await.json()
}

/// Signs with the key that signs now, whatever the header says.
fn signed(app: &TestApp, header: &Value, claims: &str) -> String {
    let key = app.services.keys.key_set().signing(KeyPurpose::All, app.clock.now_ms()).expect("a key");
    let input = format!("{}.{claims}", B64.encode(header.to_string()));
    let algorithm = jwt_algorithm(key.algorithm);
    let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key.encoding, algorithm).expect("a signature");
    format!("{input}.{signature}")
}

fn claims_of(token: &str) -> &str {
    token.split('.').nth(1).expect("claims")
}

/// The public key as a thief may know it.
fn encodings(jwk: &Value, stored: &str) -> Vec<Vec<u8>> {
    let raw = B64.decode(stored).expect("base64url");
    let pem = |label: &str| {
        let text = BASE64_STANDARD.encode(&raw);
        let lines: Vec<String> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
    };
    let members = ["x", "y", "n", "e"].into_iter().filter_map(|name| jwk[name].as_str());
    let members = members.flat_map(|text| [text.as_bytes().to_vec(), B64.decode(text).expect("base64url")]);
    let mut all = vec![pem("PUBLIC KEY"), pem("RSA PUBLIC KEY"), jwk.to_string().into_bytes(), stored.into(), raw];
    all.extend(members);
    all
}

on_both_databases! {
    async fn every_algorithm_logs_in_mints_and_verifies(app: TestApp) {
        for algorithm in ALL {
            let app = signing_with(&app, algorithm).await;
            let mut alice = app.with_token("alice").await;
            assert_eq!(header(alice.access_token())["alg"], algorithm);
            assert_eq!(alice.api(Method::GET, "/api/v1/me", None).await.status, 200);
            assert!(alice.access_token().len() < 1_300, "{algorithm}: {}", alice.access_token().len());
            let mut there = alice.at(crate::serve::router::router(app.another_instance().await));
            assert_eq!(there.api(Method::GET, "/api/v1/me", None).await.status, 200, "{algorithm} on another instance");
        }
    }

    async fn the_published_keys_alone_verify_a_token(app: TestApp) {
        for algorithm in ["ES256", "EdDSA", "RS256"] {
            let app = signing_with(&app, algorithm).await;
            let alice = app.with_token("alice").await;
            let set: JwkSet = serde_json::from_value(document(&app).await).expect("a JWKS");
            let kid = header(alice.access_token())["kid"].as_str().expect("a kid").to_owned();
            let jwk = set.find(&kid).expect("the key");
            assert_eq!(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).expect("a thumbprint"), kid);
            let alg: Algorithm = jwk.common.key_algorithm.expect("alg").try_into().expect("an algorithm of tokens");
            let mut validation = Validation::new(alg);
            validation.validate_exp = false;
            validation.set_issuer(&["http://localhost:3000"]);
            validation.set_audience(&["http://localhost:3000/api"]);
            let key = DecodingKey::from_jwk(jwk).expect("a key");
            let verified = decode::<Claims>(alice.access_token(), &key, &validation).expect("verified");
            assert_eq!(verified.header.typ.as_deref(), Some("at+jwt"));
            let (rest, signature) = alice.access_token().rsplit_once('.').expect("a signature");
            let other = if signature.starts_with('A') { "B" } else { "A" };
            let tampered = format!("{rest}.{other}{}", &signature[1..]);
            decode::<Claims>(tampered, &key, &validation).expect_err("tampered");
        }
    }

    async fn the_document_names_public_members_and_nothing_else(app: TestApp) {
        for (algorithm, members) in [
            ("ES256", &["alg", "crv", "kid", "kty", "use", "x", "y"][..]),
            ("EdDSA", &["alg", "crv", "kid", "kty", "use", "x"]),
            ("RS256", &["alg", "e", "kid", "kty", "n", "use"]),
        ] {
            let app = signing_with(&app, algorithm).await;
            let document = document(&app).await;
            let [key] = &document["keys"].as_array().expect("keys")[..] else { panic!("{document}") };
            let mut named: Vec<&str> = key.as_object().expect("an object").keys().map(String::as_str).collect();
            named.sort_unstable();
            assert_eq!(named, members, "{algorithm}");
            assert_eq!((&key["alg"], &key["use"]), (&json!(algorithm), &json!("sig")));
        }
    }

    async fn of_a_shared_secret_nothing_is_published(app: TestApp) {
        let app = signing_with(&app, "HS256").await;
        assert_eq!(document(&app).await, json!({ "keys": [] }));
        let (public,): (String,) = sqlx::query_as("select public_key from signing_keys")
            .fetch_one(&app.services.state.db.pool).await.expect("a key");
        assert_eq!(public, "");
    }

    async fn the_document_is_for_everybody_and_only_it_is(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let answer = alice.open("/.well-known/jwks.json").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/jwk-set+json"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("vary"));
        for path in ["/", "/dashboard", "/api/v1/me", "/healthz"] {
            assert!(!alice.open(path).await.headers.contains_key("access-control-allow-origin"), "{path}");
        }
    }

    async fn a_token_with_another_algorithm_than_its_key_is_refused(app: TestApp) {
        for algorithm in ALL {
            let app = signing_with(&app, algorithm).await;
            let alice = app.with_token("alice").await;
            let (mut header, claims) = (header(alice.access_token()), claims_of(alice.access_token()));
            assert_eq!(alice.bearer(&signed(&app, &header, claims)).await.status, 200);
            for name in NAMES.into_iter().filter(|name| *name != algorithm) {
                header["alg"] = json!(name);
                let token = signed(&app, &header, claims);
                assert_eq!(alice.bearer(&token).await.code(), "token_invalid", "{name} on a key of {algorithm}");
                let (bare, _) = token.rsplit_once('.').expect("a signature");
                assert_eq!(alice.bearer(&format!("{bare}.")).await.code(), "token_invalid", "{name}, unsigned");
            }
        }
    }

    async fn hmac_with_a_published_key_is_refused(app: TestApp) {
        for algorithm in ["ES256", "EdDSA", "RS256"] {
            let app = signing_with(&app, algorithm).await;
            let alice = app.with_token("alice").await;
            let document = document(&app).await;
            let (stored,): (String,) = sqlx::query_as("select public_key from signing_keys")
                .fetch_one(&app.services.state.db.pool).await.expect("a key");
            let mut header = header(alice.access_token());
            for secret in encodings(&document["keys"][0], &stored) {
                for name in ["HS256", algorithm] {
                    header["alg"] = json!(name);
                    let input = format!("{}.{}", B64.encode(header.to_string()), claims_of(alice.access_token()));
                    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
                    let answer = alice.bearer(&format!("{input}.{}", B64.encode(tag))).await;
                    assert_eq!(answer.code(), "token_invalid", "{name} with {secret:?}");
                }
            }
        }
    }

    async fn a_key_of_ours_does_not_sign_under_the_name_of_another(app: TestApp) {
        let app = TestApp::with(app.services.state.db.kind, &["--key-lead-seconds", "30"]).await;
        let mut kids = vec![app.services.keys.key_set().signing(KeyPurpose::All, app.clock.now_ms()).expect("a key").kid.clone()];
        let alice = app.with_token("alice").await;
        for algorithm in ["RS256", "HS256", "EdDSA"] {
            let algorithm = algorithm.parse().expect("known");
            app.another_instance_with(algorithm).await.keys.follow_settings().await.expect("a rotation");
            app.clock.advance_ms(31_000);
            app.services.keys.reload().await.expect("the keys");
            kids.push(app.services.keys.key_set().signing(KeyPurpose::All, app.clock.now_ms()).expect("a key").kid.clone());
        }
        assert_eq!(document(&app).await["keys"].as_array().map(Vec::len), Some(3), "all of them verify; one is secret");
        let own = kids.last().expect("a kid").clone();
        let mut there = alice.copy();
        assert_eq!(there.renew().await.status, 200);
        let header = header(there.access_token());
        assert_eq!(header["kid"], json!(own));
        for kid in kids.iter().filter(|kid| **kid != own) {
            for name in ["EdDSA", "HS256", "RS256", "ES256"] {
                let forged = json!({ "typ": "at+jwt", "alg": name, "kid": kid });
                let token = signed(&app, &forged, claims_of(there.access_token()));
                assert_eq!(alice.bearer(&token).await.code(), "token_invalid", "{name} under {kid}");
            }
        }
        assert_eq!(alice.bearer(&signed(&app, &header, claims_of(there.access_token()))).await.status, 200);
    }

    async fn every_flipped_letter_of_a_signature_is_noticed(app: TestApp) {
        for algorithm in ["EdDSA", "RS256", "HS256"] {
            let app = signing_with(&app, algorithm).await;
            let alice = app.with_token("alice").await;
            let token = alice.access_token().as_bytes();
            let start = alice.access_token().rfind('.').expect("a signature") + 1;
            for at in start..token.len() {
                let mut flipped = token.to_vec();
                flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
                let flipped = String::from_utf8(flipped).expect("text");
                assert_eq!(alice.bearer(&flipped).await.code(), "token_invalid", "{algorithm}, letter {at}");
            }
        }
    }
}
