//! Which browsers an account has logged in from. Server side.
//!
//! A browser keeps a random secret, and the table its hash beside each account that logged in there. So someone else's
//! guessing locks out no browser that its owner uses, and a login from anywhere else is news to the owner.

pub mod store;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::base::{caller::Caller, db::Tx, error::AppError, random};

const SECRET_BYTES: usize = 32;

/// Browsers keep no cookie for longer (RFC 6265bis 5.5).
pub const KEEP_DAYS: i64 = 400;

/// Browsers that an account knows at most; then the one not seen for longest is forgotten. More than anybody uses, and an
/// end for a program that logs in without cookies.
const KNOWN_MAX: i64 = 50;

/// The secret of a browser. Cannot be printed.
#[derive(Clone)]
pub struct Device(String);

impl Device {
    /// What a browser brings, if it has the right form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == SECRET_BYTES).then(|| Self(text.to_owned()))
    }

    /// What is stored in place of the secret.
    pub fn hash(&self) -> String {
        random::hash(&self.0)
    }

    /// The secret itself, for its browser. Only after the commit of what [`remember`] wrote: a secret that no account
    /// knows would take the place of one that some do.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Notes that this account has logged in from there, in the browser that brought `before`. Returns whether it didn't know
/// the browser, and the secret that the browser is given after the commit.
///
/// A browser that is new to the account gets a new secret, and what other accounts know of it moves along: a copy of
/// the one before, made by whoever used a shared computer earlier, is worth nothing to this account.
pub async fn remember(
    tx: &mut Tx,
    user_id: &str,
    before: Option<&Device>,
    caller: &Caller,
    now_ms: i64,
) -> Result<(bool, Device), AppError> {
    if let Some(device) = before
        && store::touch(&mut **tx, &device.hash(), user_id, caller, now_ms).await?
    {
        return Ok((false, device.clone()));
    }
    let device = Device(random::text::<SECRET_BYTES>()?);
    if let Some(before) = before {
        store::rename(&mut **tx, &before.hash(), &device.hash()).await?;
    }
    store::insert(&mut **tx, &device.hash(), user_id, caller, now_ms).await?;
    store::delete_beyond(&mut **tx, user_id, KNOWN_MAX).await?;
    Ok((true, device))
}
