//! Recovery codes: for when the phone is gone. Shown once, stored as a keyed hash, each good for one login. Server side.

use super::store;
use crate::{
    auth::users,
    base::{db::Tx, error::AppError, random, sealed::SecretKey},
};

/// How many one gets at a time.
pub const COUNT: usize = 10;

/// Ten of 32 letters and digits: 50 random bits (ASVS 6.5.3 asks for 20), which the throttle makes a long way.
const CHARS: usize = 10;
/// Crockford's: without i, l, o and u, which look like others or make words.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// In lower case, without the dash. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    fn generate() -> Result<Self, AppError> {
        Ok(Self(random::bytes::<CHARS>()?.map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).iter().collect()))
    }

    /// Reads a code without its dash, in any case; what looks like a letter that is left out is the one meant.
    pub fn parse(plain: &str) -> Option<Self> {
        let meant = plain.chars().map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        });
        let code: String = meant.collect();
        let fits = code.len() == CHARS && code.bytes().all(|byte| ALPHABET.contains(&byte));
        fits.then_some(Self(code))
    }

    /// As it is shown: `xxxxx-xxxxx`.
    pub fn shown(&self) -> String {
        let (one, two) = self.0.split_at(CHARS / 2);
        format!("{one}-{two}")
    }

    /// What is stored. Keyed: a stolen table without the secret key must not be enough to try out all codes.
    pub fn hash(&self, key: &SecretKey, user_id: &str) -> String {
        key.tag(&format!("recovery code of {user_id}: {}", self.0))
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[recovery code]")
    }
}

/// Makes new codes in place of those before, which die at once.
pub async fn replace(tx: &mut Tx, key: &SecretKey, user_id: &str, now_ms: i64) -> Result<Vec<RecoveryCode>, AppError> {
    let codes = (0..COUNT).map(|_| RecoveryCode::generate()).collect::<Result<Vec<_>, _>>()?;
    // Of two at once the later one must find the codes of the other, or both lists would be good.
    users::store::lock(&mut **tx, user_id).await?;
    store::delete_codes(&mut **tx, user_id).await?;
    for code in &codes {
        store::insert_code(&mut **tx, &code.hash(key, user_id), user_id, now_ms).await?;
    }
    Ok(codes)
}
