//! The attacker's workshop: takes tokens apart and puts forged ones together. Nothing of the defence uses it. Server
//! side.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Header, encode};
use serde_json::{Map, Value};

use crate::{
    config::TokenAlgorithm,
    tokens::algorithm::{generate, jwt_algorithm, open},
};

/// A token in pieces. Whoever holds one can read it: base64url hides nothing.
#[derive(Clone)]
pub struct Torn {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    signature: String,
}

/// Takes a token apart; no key is needed for that.
pub fn tear(token: &str) -> Option<Torn> {
    let mut parts = token.split('.');
    let (header, claims) = (read(parts.next()?)?, read(parts.next()?)?);
    Some(Torn { header, claims, signature: parts.next()?.to_owned() })
}

impl Torn {
    #[must_use]
    pub fn with_claim(mut self, name: &str, value: &str) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Put together again with the signature that it had, whatever was changed.
    pub fn with_old_signature(&self) -> String {
        format!("{}.{}", self.input(), self.signature)
    }

    pub fn without_signature(&self) -> String {
        format!("{}.", self.input())
    }

    /// Signed with a key that was made a moment ago, of the kind that the header names. `None` where that is no kind of
    /// ours. RSA takes a moment: not for an async thread.
    pub fn signed_with_a_new_key(&self) -> Option<String> {
        let algorithm = TokenAlgorithm::from_text(self.header.get("alg")?.as_str()?)?;
        let (key, _) = open(algorithm, &generate(algorithm)?)?;
        let word = |name: &str| self.header.get(name).and_then(Value::as_str).map(str::to_owned);
        let header = Header { typ: word("typ"), kid: word("kid"), ..Header::new(jwt_algorithm(algorithm)) };
        encode(&header, &self.claims, &key).ok()
    }

    /// HMAC with SHA-256 (HS256), where any text is a key.
    pub fn signed_with_text(&self, secret: &str) -> String {
        let input = self.input();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes())))
    }

    /// Of the signature that it came with, enough to know it again.
    pub fn signature_start(&self) -> String {
        self.signature.chars().take(6).chain(['…']).collect()
    }

    /// For people: header, payload, and what stands in the place of the signature.
    pub fn shown(&self, signature: &str) -> Vec<String> {
        let json = |map: &Map<String, Value>| serde_json::to_string_pretty(map).unwrap_or_default();
        vec![json(&self.header), json(&self.claims), signature.to_owned()]
    }

    fn input(&self) -> String {
        format!("{}.{}", write(&self.header), write(&self.claims))
    }
}

fn read(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn write(map: &Map<String, Value>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(map).unwrap_or_default())
}
