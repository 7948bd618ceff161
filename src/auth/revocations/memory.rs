//! What is revoked, in memory: plain data, taken in row by row. Server side; no I/O.

use std::{collections::HashMap, time::Duration};

use super::{store, store::RevocationRow};
use crate::base::state::Stopwatch;

/// What is revoked. Each entry may be forgotten at its time.
#[derive(Default)]
pub struct Set {
    /// sid, or id of a grant → when it may be forgotten.
    pub(super) sessions: HashMap<String, i64>,
    /// id of a user or of an application → (least epoch that counts, when it may be forgotten).
    pub(super) users: HashMap<String, (i64, i64)>,
    /// id of a user → (number of the last change of what sessions show, when it may be forgotten).
    pub(super) changed: HashMap<String, (i64, i64)>,
    /// kid → when it may be forgotten.
    pub(super) keys: HashMap<String, i64>,
    /// Least global epoch that counts, when it may be forgotten.
    pub(super) everyone: Option<(i64, i64)>,
    /// Everything up to this sequence number is in.
    pub(super) seq: i64,
    /// When the database last answered; `None` before it did.
    pub(super) synced: Option<Moment>,
}

/// By both clocks: the one that only moves forward stands still while a machine is suspended, and on one that wakes
/// up the memory is as old as the sleep was long.
#[derive(Clone, Copy)]
pub struct Moment {
    pub(super) watch: Stopwatch,
    pub(super) at_ms: i64,
}

impl Moment {
    pub(super) fn is_older_than(self, age: Duration, now_ms: i64) -> bool {
        // A clock that has gone back since tells no age either.
        let by_day = now_ms.abs_diff(self.at_ms);
        u128::from(self.watch.elapsed_ms().max(by_day)) > age.as_millis()
    }
}

impl Set {
    /// Whether it was news.
    pub(super) fn take_in(&mut self, row: &RevocationRow) -> bool {
        match row.kind.as_str() {
            "session" | "grant" => self.sessions.insert(row.subject.clone(), row.keep_until).is_none(),
            "user" | "client" => {
                let before = self.users.get(&row.subject).copied();
                self.users.insert(row.subject.clone(), later(before, row));
                before.is_none_or(|(epoch, _)| epoch < row.epoch)
            }
            store::EVERYONE => {
                let before = self.everyone.replace(later(self.everyone, row));
                before.is_none_or(|(epoch, _)| epoch < row.epoch)
            }
            store::CHANGED => {
                let (seq, _) = self.changed.get(&row.subject).copied().unwrap_or_default();
                self.changed.insert(row.subject.clone(), (seq.max(row.seq), row.keep_until));
                false
            }
            store::KEY => self.keys.insert(row.subject.clone(), row.keep_until).is_none(),
            other => {
                tracing::error!(kind = other, "a revocation of an unknown kind: written by a newer Latchkey?");
                false
            }
        }
    }

    pub(super) fn forget_before(&mut self, now_ms: i64) {
        self.sessions.retain(|_, keep_until| *keep_until >= now_ms);
        self.users.retain(|_, (_, keep_until)| *keep_until >= now_ms);
        self.changed.retain(|_, (_, keep_until)| *keep_until >= now_ms);
        self.keys.retain(|_, keep_until| *keep_until >= now_ms);
        self.everyone = self.everyone.filter(|(_, keep_until)| *keep_until >= now_ms);
    }
}

/// The greater epoch, kept for the longer time.
fn later(before: Option<(i64, i64)>, row: &RevocationRow) -> (i64, i64) {
    let (epoch, keep_until) = before.unwrap_or_default();
    (epoch.max(row.epoch), keep_until.max(row.keep_until))
}
