//! When each signing key signs, verifies and dies: from the rows and the time alone, so that every instance computes
//! the same and none has to be told. Server side; no I/O.

use super::{KeyInfo, KeyPurpose, KeyState, store::KeyRow};
use crate::auth::revocations::store::KEPT_MS;

/// How long a key verifies after its successor began: until the last token that it may have signed is dead. As long as a
/// revocation is kept.
pub const VERIFIES_ON_MS: i64 = KEPT_MS;

/// All keys that the database knows, in the order in which they sign.
#[derive(Default)]
pub struct KeySchedule(Vec<Life>);

/// A key and its end.
pub struct Life {
    pub row: KeyRow,
    /// Milliseconds since the epoch; `None` while no successor is known.
    pub ends_at: Option<i64>,
}

impl KeySchedule {
    /// `rows`: as the store gives them, in the order in which they sign.
    pub fn of(rows: Vec<KeyRow>) -> Self {
        let ends: Vec<Option<i64>> = rows.iter().enumerate().map(|(at, row)| end(row, &rows[at + 1..])).collect();
        Self(rows.into_iter().zip(ends).map(|(row, ends_at)| Life { row, ends_at }).collect())
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Life> {
        self.0.iter()
    }

    pub fn find(&self, kid: &str) -> Option<&Life> {
        self.iter().find(|life| life.row.kid == kid)
    }

    /// The key that signs for this purpose: the last one whose time has come. Where none has come, clocks differ, and the first of
    /// those that wait signs a little early.
    pub fn signing(&self, purpose: KeyPurpose, now_ms: i64) -> Option<&Life> {
        let begun = self.live(purpose, now_ms).rfind(|life| life.row.signs_from <= now_ms);
        begun.or_else(|| self.live(purpose, now_ms).next())
    }

    /// The key whose turn is next.
    pub fn next(&self, purpose: KeyPurpose, now_ms: i64) -> Option<&Life> {
        self.live(purpose, now_ms).find(|life| self.state(life, now_ms) == KeyState::Next)
    }

    /// The key that signs last, as far as is known.
    pub fn newest(&self, purpose: KeyPurpose, now_ms: i64) -> Option<&Life> {
        self.live(purpose, now_ms).next_back()
    }

    pub fn state(&self, life: &Life, now_ms: i64) -> KeyState {
        let signing = self.signing(life.row.purpose(), now_ms);
        match life {
            _ if life.row.revoked_at.is_some() => KeyState::Revoked,
            _ if !life.is_live(now_ms) => KeyState::Dead,
            _ if signing.is_some_and(|signing| signing.row.kid == life.row.kid) => KeyState::Signing,
            _ if life.row.signs_from > now_ms => KeyState::Next,
            _ => KeyState::Retired,
        }
    }

    /// As people see them, the newest first.
    pub fn infos(&self, now_ms: i64) -> Vec<KeyInfo> {
        self.iter().rev().map(|life| self.info(life, now_ms)).collect()
    }

    pub fn info(&self, life: &Life, now_ms: i64) -> KeyInfo {
        let KeyRow { kid, algorithm, created_at, signs_from, revoke_reason, .. } = life.row.clone();
        let (purpose, state) = (life.row.purpose(), self.state(life, now_ms));
        KeyInfo { kid, algorithm, purpose, state, created_at, signs_from, ends_at: life.ends_at, revoke_reason }
    }

    fn live(&self, purpose: KeyPurpose, now_ms: i64) -> impl DoubleEndedIterator<Item = &Life> {
        self.iter().filter(move |life| life.row.purpose() == purpose && life.is_live(now_ms))
    }
}

impl Life {
    /// Whether it may verify, and be loaded at all.
    pub fn is_live(&self, now_ms: i64) -> bool {
        let wiped = self.row.private_key_sealed.is_empty();
        !wiped && self.row.revoked_at.is_none() && self.ends_at.is_none_or(|end| now_ms < end)
    }
}

/// When a key stops verifying: revoked, or so long after the first one of its purpose behind it that did take over, or will.
fn end(row: &KeyRow, behind: &[KeyRow]) -> Option<i64> {
    let takes_over = |later: &&KeyRow| later.revoked_at.is_none_or(|at| at >= later.signs_from);
    let mut behind = behind.iter().filter(|later| later.purpose() == row.purpose());
    let successor = || behind.find(takes_over).map(|later| later.signs_from + VERIFIES_ON_MS);
    row.revoked_at.or_else(successor)
}
