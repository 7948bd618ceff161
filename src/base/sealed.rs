//! Seal private keys with the secret key: AES-256-GCM with a random nonce. Server side.

use std::{io::Write, path::PathBuf};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    hmac,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    config::{Config, SecretText},
    private_file::{make_private_folder, others_may, private_file},
    random,
};

/// 32 bytes that open every signing key. Cannot be printed.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret key]")
    }
}

const NONCE_BYTES: usize = 12;

impl SecretKey {
    /// As the setting gives it.
    pub fn from_text(text: &SecretText) -> Result<Self, String> {
        Self::parse(text.expose()).ok_or_else(|| "must be 32 random bytes in base64url".into())
    }

    /// From the setting, or, outside production, from `secret.key` in the data folder. It's made when missing, unless the
    /// database `is_in_use`: another key would open nothing in it.
    pub fn load(config: &Config, is_in_use: bool) -> Result<Self, String> {
        if config.secret_key.is_some() || file(config).exists() {
            return Self::find(config);
        }
        let path = file(config);
        let shown = path.display();
        if is_in_use {
            return Err(format!(
                "the database has signing keys, and the secret key that opens them is not at {shown}; restore it, or set \
                 LATCHKEY_SECRET_KEY (what to do when it's lost: docs/SECURITY.md)"
            ));
        }
        let key = Self::generate()?;
        let opened = make_private_folder(&config.data_dir).and_then(|()| private_file().create_new(true).open(&path));
        let written = opened.and_then(|mut opened| opened.write_all(key.encoded().as_bytes()));
        written.map_err(|error| format!("cannot write {shown}: {error}"))?;
        tracing::info!(path = %shown, "created a secret key");
        Ok(key)
    }

    /// As [`Self::load`], and makes nothing: for commands.
    pub fn find(config: &Config) -> Result<Self, String> {
        if let Some(text) = &config.secret_key {
            return Self::from_text(text)
                .map_err(|words| format!("LATCHKEY_SECRET_KEY {words}; create one with `latchkey secret`"));
        }
        let path = file(config);
        let shown = path.display();
        if !path.exists() {
            return Err(format!("there is no secret key at {shown}; set LATCHKEY_SECRET_KEY or LATCHKEY_DATA_DIR"));
        }
        if others_may(&path) {
            return Err(format!("other users on this machine can read {shown}; run `chmod 600 {shown}`"));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        Self::parse(text.trim())
            .ok_or_else(|| format!("{shown} doesn't contain 32 bytes in base64url; restore it from a backup"))
    }

    pub fn generate() -> Result<Self, String> {
        Ok(Self(random::bytes().map_err(|_| "the system gave no random bytes")?))
    }

    /// The secret key of something that stands apart: what the one seals or signs, the other does not open.
    pub fn of_its_own(&self, purpose: &str) -> Result<Self, String> {
        let derived = self.sign(&format!("secret key of {purpose}"));
        derived.as_ref().try_into().map(Self).map_err(|_| "a digest of 32 bytes has 32 bytes".into())
    }

    /// As the setting takes it.
    pub fn encoded(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?.try_into().ok()?;
        let constant = bytes.iter().all(|byte| *byte == bytes[0]);
        (!constant).then_some(Self(bytes))
    }

    /// Seals `plain`; `name` must be given again to open it, so that sealed texts cannot change places.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Option<String> {
        let mut bytes = plain.to_vec();
        let nonce = self.cipher()?.seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut bytes).ok()?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut bytes);
        Some(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Self::seal`] made; `None` when the key or the name is another one, or a bit has changed.
    pub fn open(&self, name: &str, sealed: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_mut_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.cipher()?.open_in_place(nonce, Aad::from(name.as_bytes()), rest).ok()?;
        Some(plain.to_vec())
    }

    /// A text that only who holds the secret key can make, the same on every instance.
    pub fn tag(&self, purpose: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.sign(purpose))
    }

    /// A key for one purpose and no other: what it makes tells nothing of this one, and no [`Self::tag`] is the same.
    pub fn mac_key(&self, purpose: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.sign(&format!("key for {purpose}")).as_ref())
    }

    fn sign(&self, text: &str) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), text.as_bytes())
    }

    fn cipher(&self) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).ok()
    }
}

fn file(config: &Config) -> PathBuf {
    config.data_dir.join("secret.key")
}
