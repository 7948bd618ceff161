//! New recovery codes on their way to the one page that shows them. Server side.
//!
//! A plain form is answered by a redirect, so the codes have to reach the page after it, and the database has only their
//! hashes. They go along in the cookie that brings a page what the act before it brought about: sealed with the secret
//! key for this very session, and taken out of the browser by the page that shows them. So nothing keeps them in the
//! clear, they stand in no address, and a second look finds nothing.

use serde::{Deserialize, Serialize};

use super::RecoveryCodes;
use crate::{
    auth::{second_factor::recovery::RecoveryCode, sessions::guard::LoggedIn, users::store::User},
    base::{error::AppError, sealed::SecretKey, state::AppState},
    ui::when::minute,
};

/// The page follows at once; five minutes are for a slow line and a login in between.
const SHOW_MS: i64 = 5 * 60_000;
/// The page has the codes for as long as it is open, and offers the file for so long.
const DOWNLOAD_MS: i64 = 60 * 60_000;

#[derive(Serialize, Deserialize)]
struct Made {
    codes: Vec<String>,
    at: i64,
}

/// The codes, sealed for the page that shows them in this session.
pub fn seal(state: &AppState, key: &SecretKey, sid: &str, codes: &[RecoveryCode]) -> Result<String, AppError> {
    let made = Made { codes: codes.iter().map(RecoveryCode::shown).collect(), at: state.clock.now_ms() };
    key.seal(&name(sid), &serde_json::to_vec(&made)?).ok_or_else(AppError::internal)
}

/// What the page shows; `None` when it has shown them before.
pub fn find(state: &AppState, key: &SecretKey, someone: &LoggedIn, sealed: &str) -> Option<RecoveryCodes> {
    let Made { codes, at } = open(state, key, someone, sealed, SHOW_MS)?;
    Some(RecoveryCodes { codes, title: title(state, &someone.user, at), sealed: sealed.to_owned() })
}

/// The text file of codes that a page shows.
///
/// # Errors
/// [`AppError::NotFound`] when they are of another session, or too old.
pub fn file(state: &AppState, key: &SecretKey, someone: &LoggedIn, sealed: &str) -> Result<String, AppError> {
    let Made { codes, at } = open(state, key, someone, sealed, DOWNLOAD_MS).ok_or(AppError::NotFound)?;
    let (title, codes) = (title(state, &someone.user, at), codes.join("\r\n"));
    Ok(format!(
        "{title}\r\n\
         Each code works once, instead of a code from your authenticator app. Creating new codes replaces these.\r\n\r\n{codes}\r\n"
    ))
}

fn title(state: &AppState, user: &User, at: i64) -> String {
    format!("Recovery codes for {} at {}, created {}.", user.email, state.config.issuer(), minute(at))
}

/// Unless they are of another session, or were made longer ago than that.
fn open(state: &AppState, key: &SecretKey, someone: &LoggedIn, sealed: &str, within_ms: i64) -> Option<Made> {
    let made: Made = serde_json::from_slice(&key.open(&name(&someone.log_in.sid), sealed)?).ok()?;
    Some(made).filter(|made| state.clock.now_ms() < made.at + within_ms)
}

fn name(sid: &str) -> String {
    format!("recovery codes for {sid}")
}
