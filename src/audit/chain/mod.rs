//! The chain over the audit log: each event is sealed with a keyed hash over itself and the one before, so that whoever
//! can write to the database, and has not the secret key, changes nothing unnoticed. Server side.

pub mod report;
pub mod retention;
pub mod seal;
pub mod store;
pub mod verify;

use aws_lc_rs::{digest, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use self::store::Removed;
use crate::{
    audit::log::store::EventRow,
    base::{random, sealed::SecretKey},
};

/// Of the encoding below; stands in each mac.
const VERSION: &str = "1";

/// The key of the chain, made from the secret key. Macs name it, so that another one is told from a change.
#[derive(Clone)]
pub struct ChainKey {
    name: String,
    key: hmac::Key,
}

const NAME_CHARS: usize = 8;
const SALT_BYTES: usize = 16;

impl ChainKey {
    pub fn of(secret: &SecretKey) -> Self {
        let key = secret.mac_key("the audit chain");
        let name = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, &encoded(&[b"name"])));
        Self { name: name.chars().take(NAME_CHARS).collect(), key }
    }

    /// The mac of an event after the one with the mac `previous`, which is empty before the first. What people typed, and
    /// where they were, is in it by its digests: the rest stands in the open for good.
    pub fn mac(&self, previous: &str, row: &EventRow) -> String {
        self.signed(&[
            b"event",
            previous.as_bytes(),
            &row.seq.unwrap_or_default().to_be_bytes(),
            row.id.as_bytes(),
            &row.at.to_be_bytes(),
            row.event.as_bytes(),
            row.actor.as_bytes(),
            row.subject.as_bytes(),
            row.sid.as_bytes(),
            row.origin_digest.as_bytes(),
            row.words_digest.as_bytes(),
        ])
    }

    /// What vouches for the end of the chain.
    pub fn seal(&self, seq: i64, mac: &str) -> String {
        self.signed(&[b"end", &seq.to_be_bytes(), mac.as_bytes()])
    }

    /// What vouches for a statement of what was removed.
    pub fn seal_removed(&self, removed: &Removed) -> String {
        let Removed { first_seq, last_seq, last_mac, events, unfit, unchecked, until_at, removed_at, .. } = removed;
        let numbers = [first_seq, last_seq, events, unfit, unchecked, until_at, removed_at].map(|n| n.to_be_bytes());
        let mut fields: Vec<&[u8]> = vec![b"removed".as_slice(), last_mac.as_bytes()];
        fields.extend(numbers.iter().map(<[u8; 8]>::as_slice));
        self.signed(&fields)
    }

    fn signed(&self, fields: &[&[u8]]) -> String {
        let mac = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, &encoded(fields)));
        format!("{VERSION}.{}.{mac}", self.name)
    }

    /// Whether a mac says that it was made with this key.
    pub fn is_named_in(&self, mac: &str) -> bool {
        key_name(mac) == Some(&*self.name)
    }
}

/// The name of the key in a mac; `None` when it is no mac.
pub fn key_name(mac: &str) -> Option<&str> {
    let (version, rest) = mac.split_once('.')?;
    let (name, mac) = rest.split_once('.')?;
    (version == VERSION && !name.is_empty() && !mac.is_empty()).then_some(name)
}

/// Of address and browser: what is blanked with either person.
pub fn origin_digest(salt: &str, ip: &str, device: &str) -> String {
    digest_of(&[b"origin", salt.as_bytes(), ip.as_bytes(), device.as_bytes()])
}

/// Of reason and details: what is blanked with the person whom it happened to.
pub fn words_digest(salt: &str, reason: &str, details: &str) -> String {
    digest_of(&[b"words", salt.as_bytes(), reason.as_bytes(), details.as_bytes()])
}

fn digest_of(fields: &[&[u8]]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &encoded(fields)))
}

/// `None` when the system has no randomness to give.
fn new_salt() -> Option<String> {
    random::text::<SALT_BYTES>().ok()
}

/// Each field after its length: no two lists of fields are the same bytes.
fn encoded(fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

/// A place in the chain and the mac there, as `SEQ:MAC`: whoever keeps it elsewhere can prove later that nothing up to it
/// was rewritten, not even by who holds the secret key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Anchor {
    pub seq: i64,
    pub mac: String,
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.mac)
    }
}

impl From<Anchor> for String {
    fn from(anchor: Anchor) -> Self {
        anchor.to_string()
    }
}

impl std::str::FromStr for Anchor {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "use a checkpoint printed by `latchkey audit verify`, like SEQ:MAC";
        let (seq, mac) = text.trim().split_once(':').ok_or(wrong)?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or(wrong)?;
        key_name(mac).ok_or(wrong)?;
        Ok(Self { seq, mac: mac.to_owned() })
    }
}
