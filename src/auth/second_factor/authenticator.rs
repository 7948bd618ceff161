//! Codes of an authenticator app: TOTP (RFC 6238) with six digits, steps of 30 seconds and SHA-1, which is what all apps
//! understand. Server side.

use totp_rs::{Builder, Totp};
use url::Url;

use crate::base::{error::AppError, random, sealed::SecretKey};

/// 160 bits, as RFC 4226 section 4 recommends and every app takes.
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: u64 = 30;
/// The step before and the one after count too: clocks differ, and people type slowly (RFC 6238 5.2).
const STEPS_ASIDE: u16 = 1;

/// The secret that a server and an app share. Cannot be printed.
#[derive(Clone)]
pub struct Authenticator {
    totp: Totp,
    secret: Vec<u8>,
}

/// What an app needs to make the codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in base32, to be typed.
    pub secret: String,
    /// `otpauth://`, to be scanned or opened on a phone.
    pub link: String,
}

impl Authenticator {
    pub fn generate() -> Result<Self, AppError> {
        Self::of(random::bytes::<SECRET_BYTES>()?.to_vec()).ok_or_else(AppError::internal)
    }

    /// `None` for a secret that is too short to be one of ours.
    pub fn of(secret: Vec<u8>) -> Option<Self> {
        Some(Self { totp: builder(&secret).build().ok()?, secret })
    }

    /// As it is stored. The name of the user is part of the seal, so a row that was copied to another user is none.
    pub fn seal(&self, key: &SecretKey, user_id: &str) -> Result<String, AppError> {
        key.seal(&name(user_id), &self.secret).ok_or_else(AppError::internal)
    }

    /// # Errors
    /// When another secret key has sealed it, or the row was changed: that lets no one in.
    pub fn open(key: &SecretKey, user_id: &str, sealed: &str) -> Result<Self, AppError> {
        key.open(&name(user_id), sealed).and_then(Self::of).ok_or_else(|| {
            tracing::error!(user = user_id, "the secret of an authenticator app does not open with this secret key");
            AppError::FactorUnreadable
        })
    }

    /// The step whose code this is, if it is one of those that count now; compared in constant time. The time is the
    /// server's (ASVS 6.5.8).
    pub fn step_of(&self, code: &str, now_ms: i64) -> Option<i64> {
        let seconds = u64::try_from(now_ms / 1000).ok()?;
        self.totp.check(code, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// # Errors
    /// When the email cannot stand in such an address.
    pub fn enrolment(&self, email: &str, base_url: &Url) -> Result<Enrolment, AppError> {
        // In such an address a colon ends the issuer; an IPv6 host has some.
        let host = base_url.host_str().unwrap_or("latchkey").replace(':', ".");
        let named = builder(&self.secret).with_issuer(Some(format!("Latchkey @ {host}"))).with_account_name(email);
        let totp = named.build().map_err(|_| AppError::internal())?;
        let link = totp.to_url().map_err(|_| AppError::internal())?;
        Ok(Enrolment { secret: totp.secret().to_base32(), link })
    }

    /// The code that an app shows at this time. For tests.
    #[cfg(test)]
    pub fn code_at(&self, now_ms: i64) -> String {
        self.totp.generate(u64::try_from(now_ms / 1000).unwrap_or_default()).to_string()
    }
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_secret(secret).with_skew(STEPS_ASIDE).with_step_duration(STEP_SECONDS)
}

fn name(user_id: &str) -> String {
    format!("second factor of {user_id}")
}
