//! What differs between the algorithms: making a key, opening it, naming it. Server side.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};

use crate::base::{config::TokenAlgorithm, random};

/// A key in the clear, on its way into the database or out of it. Cannot be printed.
pub struct Material {
    /// PKCS #8, or the secret of HS256.
    pub private: Vec<u8>,
    /// The point, the bytes, or the RSAPublicKey; nothing for HS256.
    pub public: Vec<u8>,
}

/// Bytes of an HS256 secret: as long as its hash (RFC 7518 3.2).
const SECRET_BYTES: usize = 32;

/// Bits of new RSA keys: good beyond 2030 (NIST SP 800-57 part 1, table 2).
const RSA_SIZE: KeySize = KeySize::Rsa3072;

/// Bytes of such a modulus. The public half, which holds it and the exponent, is a little longer.
const RSA_BYTES_MIN: usize = 3_072 / 8;

/// Whether a key of this public half was made when smaller ones were thought good enough.
pub fn is_too_small(algorithm: TokenAlgorithm, public: &[u8]) -> bool {
    algorithm == TokenAlgorithm::Rs256 && public.len() < RSA_BYTES_MIN
}

/// Makes a key. RSA takes a moment: not for an async thread.
pub fn generate(algorithm: TokenAlgorithm) -> Option<Material> {
    Some(match algorithm {
        TokenAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
            halves(pair.to_pkcs8v1().ok()?.as_ref(), &pair)
        }
        TokenAlgorithm::EdDsa => {
            let pair = Ed25519KeyPair::generate().ok()?;
            halves(pair.to_pkcs8v1().ok()?.as_ref(), &pair)
        }
        TokenAlgorithm::Rs256 => rsa(RSA_SIZE)?,
        TokenAlgorithm::Hs256 => {
            Material { private: random::bytes::<SECRET_BYTES>().ok()?.to_vec(), public: Vec::new() }
        }
    })
}

/// An RSA key of this size.
pub(crate) fn rsa(size: KeySize) -> Option<Material> {
    let pair = RsaKeyPair::generate(size).ok()?;
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    Some(halves(pkcs8.as_ref(), &pair))
}

fn halves(pkcs8: &[u8], pair: &impl KeyPair) -> Material {
    Material { private: pkcs8.to_vec(), public: pair.public_key().as_ref().to_vec() }
}

/// The two halves as the JWT library wants them; `None` when they are not of this algorithm.
pub fn open(algorithm: TokenAlgorithm, material: &Material) -> Option<(EncodingKey, DecodingKey)> {
    let Material { private, public } = material;
    Some(match algorithm {
        TokenAlgorithm::Es256 => (EncodingKey::from_ec_der(private), DecodingKey::from_ec_der(public)),
        TokenAlgorithm::EdDsa => (EncodingKey::from_ed_der(private), DecodingKey::from_ed_der(public)),
        TokenAlgorithm::Rs256 => {
            // The library takes PKCS #8 of an RSA key in this coat only.
            let pem = format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                BASE64_STANDARD.encode(private)
            );
            (EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?, DecodingKey::from_rsa_der(public))
        }
        TokenAlgorithm::Hs256 => {
            let whole = private.len() == SECRET_BYTES && public.is_empty();
            whole.then(|| (EncodingKey::from_secret(private), DecodingKey::from_secret(private)))?
        }
    })
}

/// What the world may know of a key, under its thumbprint; `None` for HS256, of which nothing may be known.
pub fn public_jwk(algorithm: TokenAlgorithm, key: &DecodingKey) -> Option<Jwk> {
    if algorithm == TokenAlgorithm::Hs256 {
        return None;
    }
    let mut jwk = Jwk::from_decoding_key(key, Some(jwt_algorithm(algorithm))).ok()?;
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_id = Some(thumbprint(&jwk)?);
    Some(jwk)
}

/// RFC 7638, and RFC 8037 2 for Ed25519.
pub fn thumbprint(jwk: &Jwk) -> Option<String> {
    jwk.thumbprint(ThumbprintHash::SHA256).ok()
}

/// A name for a key that has no public half: a thumbprint of a secret would tell something about it.
pub fn random_kid() -> Option<String> {
    random::text::<SECRET_BYTES>().ok()
}

pub fn jwt_algorithm(algorithm: TokenAlgorithm) -> Algorithm {
    match algorithm {
        TokenAlgorithm::Es256 => Algorithm::ES256,
        TokenAlgorithm::EdDsa => Algorithm::EdDSA,
        TokenAlgorithm::Rs256 => Algorithm::RS256,
        TokenAlgorithm::Hs256 => Algorithm::HS256,
    }
}
