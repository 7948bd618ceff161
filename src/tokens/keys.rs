//! The signing keys: made once, sealed in the database, opened at the start. Server side.

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};

use super::{
    sealed::SecretKey,
    store::{self, Row},
};
use crate::{revocations, state::AppState};

/// The one algorithm: fixed by us, never taken from a token (RFC 8725 3.1).
pub const ALGORITHM: &str = "ES256";

/// The keys of this installation. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    signing: (String, EncodingKey),
    verifying: HashMap<String, DecodingKey>,
}

impl Keys {
    /// Opens the keys; makes the first one.
    ///
    /// # Errors
    /// One line that says what to do: the usual cause is a secret key that is not the one of this database.
    pub async fn load(state: &AppState, secret: &SecretKey) -> Result<Self, String> {
        let rows = rows(state, secret).await.map_err(|error| format!("the signing keys cannot be read: {error}"))?;
        let mut verifying = HashMap::new();
        let mut signing = None;
        for row in rows {
            let (encoding, decoding) = open(&row, secret).ok_or_else(|| {
                format!(
                    "the signing key {} cannot be opened: the secret key is not the one that this database was made \
                     with; set the right LATCHKEY_SECRET_KEY (or restore secret.key in the data folder)",
                    row.kid
                )
            })?;
            verifying.insert(row.kid.clone(), decoding);
            signing = Some((row.kid, encoding));
        }
        let signing = signing.ok_or("there is no signing key")?;
        Ok(Self(Arc::new(Inner { signing, verifying })))
    }

    /// The newest key, with its `kid`.
    pub fn signing(&self) -> (&str, &EncodingKey) {
        (&self.0.signing.0, &self.0.signing.1)
    }

    /// The key with this `kid`, which comes from outside: looked up in a table and nowhere else.
    pub fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.verifying.get(kid)
    }
}

/// Two instances that start at once must end up with one key, so the first one is made under the shared lock.
async fn rows(state: &AppState, secret: &SecretKey) -> Result<Vec<Row>, sqlx::Error> {
    let mut tx = state.db.begin_write().await?;
    revocations::store::lock(&mut tx).await?;
    let mut rows = store::all(&mut *tx).await?;
    if rows.is_empty() {
        let row = generate(secret, state.clock.now_ms())
            .ok_or_else(|| sqlx::Error::Protocol("no signing key could be made".into()))?;
        store::insert(&mut *tx, &row).await?;
        tracing::info!(kid = row.kid, algorithm = ALGORITHM, "made a signing key");
        rows.push(row);
    }
    tx.commit().await?;
    Ok(rows)
}

fn generate(secret: &SecretKey, now_ms: i64) -> Option<Row> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).ok()?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).ok()?;
    let point = pair.public_key().as_ref();
    let kid = thumbprint(point)?;
    Some(Row {
        private_key_sealed: secret.seal(&kid, pkcs8.as_ref())?,
        public_key: BASE64_URL_SAFE_NO_PAD.encode(point),
        algorithm: ALGORITHM.into(),
        created_at: now_ms,
        kid,
    })
}

fn open(row: &Row, secret: &SecretKey) -> Option<(EncodingKey, DecodingKey)> {
    let pkcs8 = secret.open(&row.kid, &row.private_key_sealed)?;
    let point = BASE64_URL_SAFE_NO_PAD.decode(&row.public_key).ok()?;
    let (x, y) = coordinates(&point)?;
    let known = row.algorithm == ALGORITHM && thumbprint(&point)? == row.kid;
    known.then_some((EncodingKey::from_ec_der(&pkcs8), DecodingKey::from_ec_components(&x, &y).ok()?))
}

/// RFC 7638: the SHA-256 of the required members in lexical order.
fn thumbprint(point: &[u8]) -> Option<String> {
    let (x, y) = coordinates(point)?;
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Some(BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes())))
}

/// The two halves of an uncompressed point, base64url.
fn coordinates(point: &[u8]) -> Option<(String, String)> {
    let (4, halves) = point.split_first().map(|(first, rest)| (*first, rest))? else { return None };
    let (x, y) = halves.split_at_checked(32).filter(|(_, y)| y.len() == 32)?;
    Some((BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y)))
}
