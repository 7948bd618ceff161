//! The opened keys of one moment: which one signs, which ones verify, what is published. Server side; no I/O.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet},
};

use super::{
    KeyPurpose, algorithm,
    algorithm::Material,
    schedule::{KeySchedule, Life},
    store::KeyRow,
};
use crate::base::{config::TokenAlgorithm, sealed::SecretKey};

/// A key that can sign or verify. It has one algorithm for good (RFC 8725 3.1).
pub struct Key {
    pub kid: String,
    pub algorithm: TokenAlgorithm,
    pub purpose: KeyPurpose,
    pub encoding: EncodingKey,
    pub decoding: DecodingKey,
    /// `None` for HS256.
    pub public: Option<Jwk>,
}

impl Key {
    /// A key that is in no table and that no verifier knows: to measure with. RSA takes a moment: not for an async thread.
    pub fn make(algorithm: TokenAlgorithm) -> Option<Self> {
        Self::of(algorithm, &algorithm::generate(algorithm)?)
    }

    /// Opens both halves. The name is the thumbprint of the public one (RFC 7638), or, where there is none, a random one.
    pub(super) fn of(algorithm: TokenAlgorithm, material: &Material) -> Option<Self> {
        let (encoding, decoding) = algorithm::open(algorithm, material)?;
        let (kid, public) = match algorithm {
            TokenAlgorithm::Hs256 => (algorithm::random_kid()?, None),
            // A public half that is not of this algorithm is no key without one.
            _ => {
                let jwk = algorithm::public_jwk(algorithm, &decoding)?;
                (jwk.common.key_id.clone()?, Some(jwk))
            }
        };
        Some(Self { kid, algorithm, purpose: KeyPurpose::All, encoding, decoding, public })
    }
}

/// The keys as they were read, opened where they were alive then.
#[derive(Default)]
pub struct KeySet {
    schedule: KeySchedule,
    keys: HashMap<String, Arc<Key>>,
}

/// What is known of a kid that came from outside.
pub enum Lookup<'a> {
    Verifies(&'a Key),
    Revoked,
    /// Dead, or never heard of.
    Unknown,
}

impl KeySet {
    /// Opens what is alive; revoked and dead keys stay shut.
    ///
    /// # Errors
    /// One line that says what to do: the usual cause is a secret key that is not the one of this database.
    pub fn open(rows: Vec<KeyRow>, secret: &SecretKey, now_ms: i64) -> Result<Self, String> {
        let schedule = KeySchedule::of(rows);
        let mut keys = HashMap::new();
        for Life { row, .. } in schedule.iter().filter(|life| life.is_live(now_ms)) {
            keys.insert(row.kid.clone(), Arc::new(open(row, secret)?));
        }
        Ok(Self { schedule, keys })
    }

    /// Whether it was made from these very rows.
    pub fn is_of(&self, rows: &[KeyRow]) -> bool {
        self.schedule.iter().map(|life| &life.row).eq(rows)
    }

    pub fn knows(&self, kid: &str) -> bool {
        self.schedule.find(kid).is_some()
    }

    pub fn schedule(&self) -> &KeySchedule {
        &self.schedule
    }

    /// The key that signs now for this purpose.
    pub fn signing(&self, purpose: KeyPurpose, now_ms: i64) -> Option<Arc<Key>> {
        self.schedule.signing(purpose, now_ms).and_then(|life| self.keys.get(&life.row.kid)).cloned()
    }

    /// The key with this kid, if it verifies now. One that waits for its turn does: the clock of the instance that
    /// signed may be ahead.
    pub fn look_up(&self, kid: &str, now_ms: i64) -> Lookup<'_> {
        match (self.schedule.find(kid), self.keys.get(kid)) {
            (Some(life), _) if life.row.revoked_at.is_some() => Lookup::Revoked,
            (Some(life), Some(key)) if life.is_live(now_ms) => Lookup::Verifies(key),
            _ => Lookup::Unknown,
        }
    }

    /// The public halves of every key that verifies or will (RFC 7517 5).
    pub fn public(&self, now_ms: i64) -> JwkSet {
        let live = self.schedule.iter().filter(|life| life.is_live(now_ms));
        let keys = live.filter_map(|life| self.keys.get(&life.row.kid)?.public.clone());
        JwkSet { keys: keys.collect() }
    }
}

fn open(row: &KeyRow, secret: &SecretKey) -> Result<Key, String> {
    let private = secret.open(&row.kid, &row.private_key_sealed).ok_or_else(|| {
        format!(
            "the signing key {} cannot be opened: the secret key is not the one of this database; \
             set the right LATCHKEY_SECRET_KEY (or restore secret.key in the data folder)",
            row.kid
        )
    })?;
    unsealed(row, private).ok_or_else(|| {
        format!(
            "the signing key {} is not the one that was stored under this name: someone has changed the table \
             signing_keys; restore it from a backup, or revoke the key with `latchkey keys revoke --unopened`",
            row.kid
        )
    })
}

/// The sealed half vouches for the kid, and the kid, a thumbprint, for the public half.
fn unsealed(row: &KeyRow, private: Vec<u8>) -> Option<Key> {
    let algorithm = row.algorithm.parse().ok()?;
    let public = BASE64_URL_SAFE_NO_PAD.decode(&row.public_key).ok()?;
    let key = Key { purpose: row.purpose(), ..Key::of(algorithm, &Material { private, public })? };
    match key.public {
        None => Some(Key { kid: row.kid.clone(), ..key }),
        Some(_) => Some(key).filter(|key| key.kid == row.kid),
    }
}
