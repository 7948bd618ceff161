//! What an application is given to come back with: a code, a refresh token. It has a mark that no one else can make, so one
//! whose row is gone is told from a guess. Nothing is let in by the mark. Server side.

use crate::base::{error::AppError, random, sealed::SecretKey};

/// 96 bits.
const MARK_CHARS: usize = 16;

pub fn make(key: &SecretKey, prefix: &str) -> Result<String, AppError> {
    let text = format!("{prefix}{}", random::token()?);
    Ok(format!("{text}{}", mark(key, &text)))
}

/// Whether someone was ever given it.
pub fn was_given(key: &SecretKey, ticket: &str) -> bool {
    let halves = ticket.len().checked_sub(MARK_CHARS).and_then(|at| ticket.split_at_checked(at));
    halves.is_some_and(|(text, given)| random::hash(given) == random::hash(&mark(key, text)))
}

fn mark(key: &SecretKey, text: &str) -> String {
    let mut mark = key.tag(&format!("ticket {text}"));
    mark.truncate(MARK_CHARS);
    mark
}
