//! The attacker's workshop: takes tokens apart and puts forged ones together. Nothing of the defence uses it. Server
//! side.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::crypto;
use serde_json::{Map, Value};

use crate::{
    auth::tokens::{algorithm::jwt_algorithm, key_set::Key},
    lab::send::beginning,
};

/// A token in pieces. Whoever holds one can read it: base64url hides nothing.
///
/// The texts are kept letter by letter: what is put together again differs where something was changed, and nowhere else.
#[derive(Clone)]
pub struct Torn {
    header: String,
    payload: String,
    signature: String,
    /// For people, in the place of the signature.
    shown: String,
}

/// Takes a token apart; no key is needed for that.
pub fn tear(token: &str) -> Option<Torn> {
    let mut parts = token.split('.');
    let (header, payload) = (read(parts.next()?)?, read(parts.next()?)?);
    let signature = parts.next()?.to_owned();
    // Enough to know it again.
    let shown = beginning(&signature, 6);
    Some(Torn { header, payload, signature, shown })
}

impl Torn {
    /// With another value of a claim that is a text, and the signature that it had. `None` where it is none, or says so
    /// already.
    pub fn with_claim(self, name: &str, value: &str) -> Option<Self> {
        Some(Self { payload: replaced(&self.payload, name, value)?, ..self })
    }

    pub fn with_header(self, name: &str, value: &str) -> Option<Self> {
        Some(Self { header: replaced(&self.header, name, value)?, ..self })
    }

    pub fn header(&self, name: &str) -> Option<String> {
        Some(object(&self.header)?.get(name)?.as_str()?.to_owned())
    }

    pub fn without_signature(self) -> Self {
        Self { signature: String::new(), shown: "(empty)".into(), ..self }
    }

    /// Signed with this key, whatever key the header names. `None` where the key cannot sign.
    pub fn signed_with_key(self, key: &Key) -> Option<Self> {
        let signature = crypto::sign(self.input().as_bytes(), &key.encoding, jwt_algorithm(key.algorithm)).ok()?;
        Some(Self { signature, shown: "(valid, by another key)".into(), ..self })
    }

    /// HMAC with SHA-256 (HS256), where any text is a key.
    pub fn signed_with_public_key(self, public: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes());
        let signature = BASE64.encode(hmac::sign(&key, self.input().as_bytes()));
        Self { signature, shown: "(HMAC with the text of our public key)".into(), ..self }
    }

    /// Put together again.
    pub fn token(&self) -> String {
        format!("{}.{}", self.input(), self.signature)
    }

    /// For people: header, payload, and what stands in the place of the signature.
    pub fn shown(&self) -> [String; 3] {
        [in_lines(&self.header), in_lines(&self.payload), self.shown.clone()]
    }

    fn input(&self) -> String {
        format!("{}.{}", BASE64.encode(&self.header), BASE64.encode(&self.payload))
    }
}

fn read(part: &str) -> Option<String> {
    let text = String::from_utf8(BASE64.decode(part).ok()?).ok()?;
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
