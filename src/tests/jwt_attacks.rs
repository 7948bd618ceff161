//! Forged and broken access tokens: each is refused with 401, and the true one works.

use aws_lc_rs::hmac;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as B64},
};
use jsonwebtoken::{Algorithm, Header, encode};
use serde_json::{Value, json};

use super::{app::TestApp, caller::Caller, on_both_databases};
use crate::auth::tokens::{KeyPurpose, algorithm::jwt_algorithm};

/// A logged-in user, with the true token taken apart.
struct Forge {
    app: TestApp,
    caller: Caller,
    header: Value,
    claims: Value,
}

impl Forge {
    async fn new(app: TestApp) -> Self {
        let caller = app.with_token("alice").await;
        let parts: Vec<&str> = caller.access_token().split('.').collect();
        let part = |n: usize| serde_json::from_slice(&B64.decode(parts[n]).expect("base64url")).expect("JSON");
        Self { header: part(0), claims: part(1), app, caller }
    }

    /// Signed with our real key, whatever header and claims say.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        let keys = &self.app.services.keys;
        let key = keys.key_set().signing(KeyPurpose::All, self.app.clock.now_ms()).expect("a key");
        let input = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        let algorithm = jwt_algorithm(key.algorithm);
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key.encoding, algorithm).expect("a signature");
        format!("{input}.{signature}")
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.signed(&self.header, &claims)
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().expect("an object").remove(name);
        self.signed(&self.header, &claims)
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.signed(&header, &self.claims)
    }

    async fn refuses(&self, token: &str, why: &str) {
        let answer = self.caller.bearer(token).await;
        assert_eq!(answer.status, 401, "{why}: {}", answer.text());
        assert!(matches!(&*answer.code(), "token_invalid" | "token_expired"), "{why}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{why}");
    }

    async fn accepts(&self, token: &str) {
        let answer = self.caller.bearer(token).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// The public key as a thief may know it.
    async fn public_key_encodings(&self) -> Vec<Vec<u8>> {
        let (text,): (String,) = sqlx::query_as("select public_key from signing_keys")
            .fetch_one(&self.app.services.state.db.pool)
            .await
            .expect("a key");
        let point = B64.decode(&text).expect("base64url");
        // SubjectPublicKeyInfo of a P-256 key is this prefix and the point.
        let prefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
        let mut spki: Vec<u8> =
            (0..prefix.len()).step_by(2).map(|at| u8::from_str_radix(&prefix[at..at + 2], 16).expect("hex")).collect();
        spki.extend(&point);
        let lines: Vec<String> = BASE64_STANDARD
            .encode(&spki)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
        let (x, y) = (B64.encode(&point[1..33]), B64.encode(&point[33..]));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let hex: String = point.iter().map(|byte| format!("{byte:02x}")).collect();
        vec![
            format!("{pem}\n").into_bytes(),
            pem.into_bytes(),
            BASE64_STANDARD.encode(&spki).into_bytes(),
            spki,
            point[1..].to_vec(),
            point,
            jwk.into_bytes(),
            x.into_bytes(),
            y.into_bytes(),
            text.into_bytes(),
            hex.into_bytes(),
            Vec::new(),
        ]
    }
}

on_both_databases! {
    async fn the_true_token_is_accepted_and_small(app: TestApp) {
        let forge = Forge::new(app).await;
        forge.accepts(forge.caller.access_token()).await;
        forge.accepts(&forge.signed(&forge.header, &forge.claims)).await;
        assert!(forge.caller.access_token().len() < 800, "{}", forge.caller.access_token().len());
        assert!(!forge.claims.to_string().contains("alice"), "no name and no e-mail inside");
    }

    async fn none_in_any_spelling_is_refused(app: TestApp) {
        let forge = Forge::new(app).await;
        for alg in ["none", "None", "NONE", "nOnE", "none ", "", "null"] {
            let mut header = forge.header.clone();
            header["alg"] = json!(alg);
            let input = format!("{}.{}", B64.encode(header.to_string()), B64.encode(forge.claims.to_string()));
            forge.refuses(&format!("{input}."), alg).await;
            forge.refuses(&input, alg).await;
            forge.refuses(&forge.signed(&header, &forge.claims), alg).await;
        }
        for alg in [json!(null), json!(["ES256"]), json!(1)] {
            forge.refuses(&forge.with_header("alg", alg.clone()), &alg.to_string()).await;
        }
    }

    async fn hmac_with_our_public_key_is_refused_in_every_encoding(app: TestApp) {
        let forge = Forge::new(app).await;
        for secret in forge.public_key_encodings().await {
            for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512), ("ES256", hmac::HMAC_SHA256)] {
                let mut header = forge.header.clone();
                header["alg"] = json!(alg);
                let input = format!("{}.{}", B64.encode(header.to_string()), B64.encode(forge.claims.to_string()));
                let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), input.as_bytes());
                forge.refuses(&format!("{input}.{}", B64.encode(tag)), &format!("{alg} {secret:?}")).await;
            }
        }
    }

    async fn another_key_is_refused(app: TestApp) {
        use aws_lc_rs::{rand::SystemRandom, signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair}};
        let forge = Forge::new(app).await;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
        let key = jsonwebtoken::EncodingKey::from_ec_der(pkcs8.as_ref());
        let header = Header { typ: Some("at+jwt".into()), kid: forge.header["kid"].as_str().map(str::to_owned), ..Header::new(Algorithm::ES256) };
        forge.refuses(&encode(&header, &forge.claims, &key).expect("a token"), "another key under our kid").await;
    }

    async fn headers_that_we_do_not_write_are_refused(app: TestApp) {
        let forge = Forge::new(app).await;
        for typ in [json!("JWT"), json!("at+jwt "), json!("AT+JWT"), json!("refresh+jwt"), json!("id+jwt"), json!("logout+jwt"), json!(null), json!(["at+jwt"])] {
            forge.refuses(&forge.with_header("typ", typ.clone()), &typ.to_string()).await;
        }
        for kid in ["", "unknown", "../../../dev/null", "' or '1'='1", "1; drop table users", "\u{0}", "http://evil.example/key", &"k".repeat(1500)] {
            forge.refuses(&forge.with_header("kid", json!(kid)), kid).await;
        }
        forge.refuses(&forge.with_header("kid", json!(null)), "kid null").await;
        let point: Vec<Vec<u8>> = forge.public_key_encodings().await;
        let jwk: Value = serde_json::from_slice(&point[6]).expect("the JWK");
        for (name, value) in [
            ("crit", json!(["exp"])), ("crit", json!([])), ("crit", json!(["unknown"])), ("jwk", jwk),
            ("jku", json!("https://evil.example/jwks.json")), ("x5u", json!("https://evil.example/cert")),
            ("x5c", json!(["MIIB"])), ("x5t", json!("abc")), ("cty", json!("JWT")), ("zip", json!("DEF")),
            ("b64", json!(false)), ("enc", json!("A256GCM")), ("anything", json!(1)),
        ] {
            forge.refuses(&forge.with_header(name, value.clone()), &format!("{name} {value}")).await;
        }
    }

    async fn claims_that_are_missing_or_of_another_type_are_refused(app: TestApp) {
        let forge = Forge::new(app).await;
        for name in ["exp", "nbf", "iat", "iss", "aud", "sub", "sid", "epoch", "global_epoch", "jti", "client_id", "role"] {
            forge.refuses(&forge.without_claim(name), &format!("no {name}")).await;
            for value in [json!(null), json!({}), json!([]), json!([forge.claims[name]]), json!(true)] {
                forge.refuses(&forge.with_claim(name, value.clone()), &format!("{name} {value}")).await;
            }
        }
        for name in ["exp", "nbf", "iat", "epoch", "global_epoch"] {
            for value in [json!(forge.claims[name].to_string()), json!(1e18), json!(1e300), json!(1.5), json!(u64::MAX), json!(""), json!("9999999999")] {
                forge.refuses(&forge.with_claim(name, value.clone()), &format!("{name} {value}")).await;
            }
        }
        for name in ["exp", "nbf", "iat"] {
            for value in [json!(-1), json!(0), json!(i64::MAX), json!(i64::MIN)] {
                forge.refuses(&forge.with_claim(name, value.clone()), &format!("{name} {value}")).await;
            }
        }
        for (name, value) in [
            ("iss", json!("http://localhost:3000/")), ("iss", json!("http://localhost:3001")), ("iss", json!("")),
            ("aud", json!("http://localhost:3000")), ("aud", json!("")), ("sub", json!("")), ("role", json!("root")),
        ] {
            forge.refuses(&forge.with_claim(name, value.clone()), &format!("{name} {value}")).await;
        }
    }

    async fn times_are_kept_to_the_second_and_the_life_to_its_limit(app: TestApp) {
        let forge = Forge::new(app).await;
        let now = forge.claims["iat"].as_i64().expect("a time");
        let with_times = |iat: i64, exp: i64| {
            let mut claims = forge.claims.clone();
            (claims["iat"], claims["nbf"], claims["exp"]) = (json!(iat), json!(iat), json!(exp));
            forge.signed(&forge.header, &claims)
        };
        forge.accepts(&with_times(now - 10, now + 290)).await;
        forge.refuses(&with_times(now, now + 901), "longer than any instance mints").await;
        forge.refuses(&with_times(now, now + 86_400 * 365), "far exp").await;
        forge.refuses(&with_times(now + 60, now + 300), "from the future").await;
        forge.refuses(&with_times(now - 300, now - 3), "expired").await;
        forge.refuses(&with_times(now, now), "no life at all").await;
        forge.refuses(&forge.with_claim("nbf", json!(now + 60)), "future nbf").await;
        let token = forge.caller.access_token().to_owned();
        forge.app.clock.advance_ms(301_000);
        forge.accepts(&token).await;
        forge.app.clock.advance_ms(2_000);
        assert_eq!(forge.caller.bearer(&token).await.code(), "token_expired");
    }

    async fn every_flipped_bit_is_noticed(app: TestApp) {
        let forge = Forge::new(app).await;
        let token = forge.caller.access_token().as_bytes().to_vec();
        for at in 0..token.len() {
            let mut flipped = token.clone();
            flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
            let flipped = String::from_utf8(flipped).expect("text");
            // The last letter of a part carries bits that count for nothing; a strict reader refuses them too.
            forge.refuses(&flipped, &format!("letter {at}")).await;
        }
    }

    async fn shapes_that_are_no_token_are_refused(app: TestApp) {
        let forge = Forge::new(app).await;
        let token = forge.caller.access_token();
        let parts: Vec<&str> = token.split('.').collect();
        for shape in [
            ".".into(), "..".into(), "...".into(), "a.b.c".into(), format!("{token}."), format!(".{token}"), format!("{token}.x"),
            format!("{token}="), format!("{}.{}.", parts[0], parts[1]), format!("{}..{}", parts[0], parts[2]),
            format!("{}.{}.{}", parts[1], parts[0], parts[2]), format!("{token}{}", "A".repeat(4000)),
            format!("{}.{}.{}", parts[0], parts[1], B64.encode([0; 64])), format!("{}.{}.{}", parts[0], parts[1], B64.encode([0xff; 64])),
        ] {
            forge.refuses(&shape, &shape).await;
        }
        let answer = forge.caller.bearer("").await;
        assert!(matches!(answer.status, 400 | 401), "{}", answer.status);
    }

    async fn the_session_secret_is_no_token_and_the_token_is_no_session(app: TestApp) {
        let forge = Forge::new(app).await;
        forge.refuses(&forge.caller.cookies["__Host-session"], "the session's secret").await;
        let mut swapped = forge.app.anonymous();
        swapped.cookies.insert("__Host-session".into(), forge.caller.access_token().into());
        assert_eq!(swapped.open("/dashboard").await.status, 303);
    }

    async fn a_token_in_the_address_counts_for_nothing(app: TestApp) {
        let forge = Forge::new(app).await;
        let path = format!("/api/v1/me?access_token={}", forge.caller.access_token());
        let answer = forge.app.anonymous().api(axum::http::Method::GET, &path, None).await;
        assert_eq!((answer.status, answer.code()), (401, "token_missing".into()));
    }
}
