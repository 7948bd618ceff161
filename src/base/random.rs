//! Secrets that no one guesses, and what is stored in their place. Server side.

use aws_lc_rs::{digest, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::error::AppError;

pub fn bytes<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| AppError::internal())?;
    Ok(bytes)
}

/// `N` random bytes in base64url.
pub fn text<const N: usize>() -> Result<String, AppError> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}

/// A token that no one guesses: 256 random bits.
pub fn token() -> Result<String, AppError> {
    text::<32>()
}

/// SHA-256 in base64url. Without a salt: only for what no one guesses. To look a secret up by it leaks no timing, either
/// (CVE-2019-16782).
pub fn hash(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}
