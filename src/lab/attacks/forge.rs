//! The attacker's workshop: takes tokens apart and puts forged ones together. Nothing of the defence uses it. Server
//! side.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::crypto;
use serde_json::{Map, Value};

use crate::auth::tokens::{algorithm::jwt_algorithm, key_set::Key};

/// A token in pieces. Whoever holds one can read it: base64url hides nothing.
///
/// The texts are kept letter by letter: what is put together again differs where something was changed, and nowhere else.
#[derive(Clone)]
pub struct Torn {
    header: String,
    payload: String,
    signature: String,
}

/// Takes a token apart; no key is needed for that.
pub fn tear(token: &str) -> Option<Torn> {
    let mut parts = token.split('.');
    let (header, payload) = (read(parts.next()?)?, read(parts.next()?)?);
    Some(Torn { header, payload, signature: parts.next()?.to_owned() })
}

impl Torn {
    /// With another value of a claim that is a text. `None` where it is none, or says so already.
    pub fn with_claim(self, name: &str, value: &str) -> Option<Self> {
        Some(Self { payload: replaced(&self.payload, name, value)?, ..self })
    }

    pub fn with_header(self, name: &str, value: &str) -> Option<Self> {
        Some(Self { header: replaced(&self.header, name, value)?, ..self })
    }

    pub fn header(&self, name: &str) -> Option<String> {
        Some(object(&self.header)?.get(name)?.as_str()?.to_owned())
    }

    /// Put together again with the signature that it had, whatever was changed.
    pub fn with_old_signature(&self) -> String {
        format!("{}.{}", self.input(), self.signature)
    }

    pub fn without_signature(&self) -> String {
        format!("{}.", self.input())
    }

    /// Signed with this key, whatever key the header names. `None` where the key cannot sign.
    pub fn signed_with_key(&self, key: &Key) -> Option<String> {
        let input = self.input();
        let signature = crypto::sign(input.as_bytes(), &key.encoding, jwt_algorithm(key.algorithm)).ok()?;
        Some(format!("{input}.{signature}"))
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
        vec![in_lines(&self.header), in_lines(&self.payload), signature.to_owned()]
    }

    fn input(&self) -> String {
        let [header, payload] = [&self.header, &self.payload].map(|text| BASE64_URL_SAFE_NO_PAD.encode(text));
        format!("{header}.{payload}")
    }
}

fn read(part: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    object(&text).map(|_| text)
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// The same text, but for this one value.
fn replaced(text: &str, name: &str, value: &str) -> Option<String> {
    let before = object(text)?;
    let pair = |value: &str| format!("\"{name}\":\"{value}\"");
    let (old, new) = (pair(before.get(name)?.as_str()?), pair(value));
    (old != new && text.contains(&old)).then(|| text.replacen(&old, &new, 1))
}

/// One line per name, in the order of the text.
fn in_lines(text: &str) -> String {
    let mut pairs: Vec<(String, Value)> = object(text).unwrap_or_default().into_iter().collect();
    pairs.sort_by_key(|(name, _)| text.find(&format!("\"{name}\":")));
    let lines: Vec<String> = pairs.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}
