//! An application shows who it is with a JWT that its own key has signed (RFC 7523 3, OpenID Connect Core 9), and never with
//! a secret that this server knows. Server side.

use std::ops::RangeInclusive;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    crypto::verify,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Number, Value};

use super::{Client, store};
use crate::{
    auth::{
        app::App,
        tokens::{algorithm::thumbprint, verify::LEEWAY},
    },
    base::{error::Invalid, random, site::Site},
    oauth::addresses,
};

/// `client_assertion_type` (RFC 7523 2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead its end may be, in seconds: so long its name has to be kept.
const AHEAD_MAX: i64 = 5 * 60;
/// Of the modulus: at least what RFC 7518 3.3 asks for, at most what the library takes.
const RSA_BITS: RangeInclusive<usize> = 2_048..=8_192;

/// The public key of an application, as it is stored: with its algorithm, which no token changes.
#[derive(Clone, Debug)]
pub struct PublicKey {
    pub jwk: String,
    /// RFC 7638.
    pub thumbprint: String,
}

impl PublicKey {
    /// Reads PEM (SPKI, or PKCS #1 of RSA) or a JWK, and refuses another algorithm, a short key, and a private one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut jwk = read(text.trim()).ok_or(Invalid::PublicKeyMalformed)?;
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let thumbprint = thumbprint(&jwk).ok_or(Invalid::PublicKeyMalformed)?;
        let jwk = serde_json::to_string(&jwk).map_err(|_| Invalid::PublicKeyMalformed)?;
        Ok(Self { jwk, thumbprint })
    }
}

fn read(text: &str) -> Option<Jwk> {
    let (key, named) = if text.starts_with("-----BEGIN PUBLIC KEY") || text.starts_with("-----BEGIN RSA PUBLIC KEY") {
        let pem = text.as_bytes();
        let key = DecodingKey::from_ec_pem(pem).or_else(|_| DecodingKey::from_ed_pem(pem));
        (key.or_else(|_| DecodingKey::from_rsa_pem(pem)).ok()?, None)
    } else {
        let json: Value = serde_json::from_str(text).ok()?;
        let jwk = Jwk::deserialize(&json).ok()?;
        if json.get("d").is_some() || jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
            return None;
        }
        (DecodingKey::from_jwk(&jwk).ok()?, json["alg"].as_str().map(str::to_owned))
    };
    // Written anew: of what was pasted only the key itself is kept.
    let mut jwk = Jwk::from_decoding_key(&key, None).ok()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.try_get_as_bytes().ok()?).ok()?;
            KeyAlgorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(_) => KeyAlgorithm::EdDSA,
        AlgorithmParameters::RSA(rsa) => {
            let modulus = BASE64_URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            // Zeros in front would make a short one look long.
            let first = modulus.first().filter(|byte| **byte > 0)?;
            let bits = modulus.len() * 8 - first.leading_zeros() as usize;
            RSA_BITS.contains(&bits).then_some(KeyAlgorithm::RS256)?
        }
        _ => return None,
    };
    jwk.common.key_algorithm = Some(algorithm);
    named.is_none_or(|named| plain(&named) == algorithm.to_string()).then_some(jwk)
}

/// `EdDSA` has a second name (RFC 9864).
fn plain(algorithm: &str) -> &str {
    if algorithm == "Ed25519" { "EdDSA" } else { algorithm }
}

/// As the list of keys names it.
pub fn algorithm_of(jwk: &str) -> String {
    opened(jwk).map(|(_, algorithm)| format!("{algorithm:?}")).unwrap_or_default()
}

fn opened(jwk: &str) -> Option<(DecodingKey, Algorithm)> {
    let jwk: Jwk = serde_json::from_str(jwk).ok()?;
    Some((DecodingKey::from_jwk(&jwk).ok()?, jwk.common.key_algorithm?.to_string().parse().ok()?))
}

/// Of whom it says it is. Nothing of it has been verified.
pub fn named(assertion: &str) -> Option<String> {
    part::<Claims>(assertion.split('.').nth(1)?).map(|claims| claims.sub)
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// One text, or several.
    aud: Value,
    /// In seconds, as `nbf`.
    #[serde(deserialize_with = "whole_seconds")]
    exp: i64,
    #[serde(default, deserialize_with = "whole_seconds")]
    nbf: i64,
    jti: String,
}

/// Programs send fractions, too (RFC 7519 2).
fn whole_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let written = Number::deserialize(from)?.to_string();
    let whole = written.split('.').next().and_then(|whole| whole.parse().ok());
    whole.ok_or_else(|| D::Error::custom("no number of seconds"))
}

/// Whether one of this application's keys has signed it, for this server alone, for now, and it comes for the first time.
pub async fn shows(app: &App, client: &Client, assertion: &str) -> sqlx::Result<bool> {
    let (pool, now) = (&app.state.db.pool, app.now_ms() / 1000);
    let mut keys = store::secrets_of(pool, &client.id).await?.into_iter().filter_map(|row| row.public_key);
    let why = match keys.find_map(|key| signed(&key, assertion)) {
        None => "none of the application's keys has signed it, or its header is wrong",
        Some(claims) if !fits(&claims, &app.state.site, &client.id, now) => "it's for someone else, or not for now",
        Some(claims) => {
            let name = random::hash(&format!("{} {}", client.id, claims.jti));
            if store::use_assertion(pool, &name, claims.exp * 1000).await? {
                return Ok(true);
            }
            "it came before"
        }
    };
    tracing::warn!(client = client.id, why, "the assertion of an application was refused");
    Ok(false)
}

/// The algorithm is that of the key, and the assertion has no say in it (RFC 8725 3.1).
fn signed(key: &str, assertion: &str) -> Option<Claims> {
    let (key, algorithm) = opened(key)?;
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let Head { alg, typ, crit } = part(head)?;
    let typ = typ.unwrap_or_else(|| "JWT".into()).to_ascii_lowercase();
    // Of no kind that is for something else (RFC 8725 3.11).
    let is_sound = plain(&alg) == format!("{algorithm:?}")
        && crit.is_none()
        && ["jwt", "client-authentication+jwt"].contains(&&*typ);
    (is_sound && verify(signature, signed.as_bytes(), &key, algorithm).ok()?).then(|| part(claims))?
}

fn fits(claims: &Claims, site: &Site, id: &str, now: i64) -> bool {
    let is_ours = |aud: &str| aud == site.issuer || aud.strip_prefix(&site.issuer) == Some(addresses::TOKEN);
    let is_here = |aud: &Value| aud.as_str().is_some_and(is_ours);
    let is_for_us = match &claims.aud {
        Value::Array(all) => !all.is_empty() && all.iter().all(is_here),
        one => is_here(one),
    };
    let is_now = claims.exp > now && claims.exp <= now + AHEAD_MAX + LEEWAY && claims.nbf <= now + LEEWAY;
    claims.iss == id && claims.sub == id && is_for_us && is_now && !claims.jti.is_empty()
}

fn part<T: DeserializeOwned>(encoded: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}
