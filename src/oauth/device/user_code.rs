//! What the user types to say which device is theirs (RFC 8628 6.1). Server side; no I/O.

use aws_lc_rs::rand;

use crate::base::{error::AppError, sealed::SecretKey};

/// Without vowels, which make words, and without digits, which look like letters: 34 random bits.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CHARS: usize = 8;

/// In upper case, without the dash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    pub fn generate() -> Result<Self, AppError> {
        let mut code = String::with_capacity(CHARS);
        while code.len() < CHARS {
            let mut byte = [0];
            rand::fill(&mut byte).map_err(|_| AppError::internal())?;
            // Below twelve times twenty each letter is as likely.
            if byte[0] < 240 {
                code.push(char::from(ALPHABET[usize::from(byte[0] % 20)]));
            }
        }
        Ok(Self(code))
    }

    /// In any case, with or without dashes and blanks.
    pub fn parse(typed: &str) -> Option<Self> {
        let meant = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase());
        let code: String = meant.collect();
        let fits = code.len() == CHARS && code.bytes().all(|byte| ALPHABET.contains(&byte));
        fits.then_some(Self(code))
    }

    /// As it is shown: `WDJB-MJHT`.
    pub fn shown(&self) -> String {
        let (one, two) = self.0.split_at(CHARS / 2);
        format!("{one}-{two}")
    }

    /// What is stored. Keyed: 34 bits are soon tried out by who has the table.
    pub fn hash(&self, key: &SecretKey) -> String {
        key.tag(&format!("user code {}", self.0))
    }
}
