//! Walk the chain and say what does not fit, and where. Changes nothing. Server side.

use std::collections::HashMap;

use sqlx::AnyPool;

use super::{
    Anchor, ChainKey, key_name, origin_digest,
    report::{ByRetention, Report, What},
    store,
    store::End,
    words_digest,
};
use crate::{audit::log::store::EventRow, auth::event::Kind};

/// Rows that are read at once.
const AT_ONCE: i64 = 1_000;

/// Behind a deletion events are blanked for so long; see `people/deletion/clean_up.rs`.
const LATE_MS: i64 = 26 * 3_600_000;

/// An event that waits for longer than this has no one who seals it.
const WAITS_TOO_LONG_MS: i64 = 60_000;

/// Checks everything that is sealed. `keys`: those of today and of before.
pub async fn verify(
    db: &AnyPool,
    keys: &[ChainKey],
    since: Option<&Anchor>,
    now_ms: i64,
) -> Result<Report, sqlx::Error> {
    // In this order: while a server goes on sealing, the end is never before a row that was read ahead of it.
    let last = store::last(db).await?.and_then(|row| row.seq).unwrap_or_default();
    let end = store::end(db).await?;
    let mut walk = Walk {
        db,
        keys,
        since,
        end,
        last,
        removed: 0,
        next: 1,
        previous: Some(String::new()),
        before_key: None,
        forgotten: HashMap::new(),
        report: Report::default(),
    };
    walk.skip_removed().await?;
    walk.removed = walk.next - 1;
    walk.check_end();
    walk.go().await?;
    walk.check_unsealed().await?;
    let mut report = walk.finish();
    report.waiting = store::waiting_since(db, now_ms - WAITS_TOO_LONG_MS).await?;
    report.intact = report.findings.is_empty() && report.other_keys.is_empty() && !report.since_removed;
    Ok(report)
}

struct Walk<'a> {
    db: &'a AnyPool,
    keys: &'a [ChainKey],
    since: Option<&'a Anchor>,
    end: Option<End>,
    /// The greatest number of a row.
    last: i64,
    /// Up to this number retention had removed everything when the walk began.
    removed: i64,
    /// The number that must come next.
    next: i64,
    /// The mac of the row before; `None` when that row is missing.
    previous: Option<String>,
    /// The last event before those that were sealed with the key of the row before; of removed ones, the last. `None` at
    /// the beginning, and after a gap.
    before_key: Option<Anchor>,
    /// Whose account was deleted, asked once per batch and person.
    forgotten: HashMap<String, bool>,
    report: Report,
}

impl Walk<'_> {
    /// Whether the row that names the end is one that we have written.
    fn check_end(&mut self) {
        let Some(end) = self.end.clone() else {
            return self.report.found_stretch(What::EndChanged, self.last, self.last);
        };
        match self.keys.iter().find(|key| key.is_named_in(&end.seal)) {
            _ if end == End::default() => {}
            Some(key) if key.seal(end.seq, &end.mac) == end.seal => {}
            None if key_name(&end.seal).is_some() => {}
            _ => self.report.found_stretch(What::EndChanged, end.seq, end.seq),
        }
    }

    /// Goes on behind what retention has removed, as far as that is said under a key of ours. It may have removed more while
    /// the walk goes on.
    async fn skip_removed(&mut self) -> Result<(), sqlx::Error> {
        let mut sum = ByRetention::default();
        for said in store::removed(self.db).await? {
            let is_new = said.last_seq >= self.next;
            let key = self.keys.iter().find(|key| key.is_named_in(&said.seal));
            let is_sealed = key.is_some_and(|key| key.seal_removed(&said) == said.seal);
            let is_other = key.is_none() && key_name(&said.seal).is_some();
            if said.first_seq != sum.to + 1 || !(is_sealed || is_other) {
                if !self.report.findings.iter().any(|finding| finding.what == What::RemovalChanged) {
                    self.report.found_stretch(What::RemovalChanged, said.first_seq, said.last_seq);
                }
                return Ok(());
            }
            if is_new && is_other {
                self.report.other_key(key_name(&said.seal).unwrap_or_default(), said.first_seq, said.last_seq);
            }
            if is_new && said.unfit > 0 {
                self.report.found_stretch(What::RemovedUnfit, said.first_seq, said.last_seq);
            }
            sum.events += said.events;
            sum.unchecked += said.unchecked;
            (sum.to, sum.until) = (said.last_seq, sum.until.max(said.until_at));
            if is_new {
                self.before_key = Some(Anchor { seq: said.last_seq, mac: said.last_mac.clone() });
                (self.next, self.previous) = (said.last_seq + 1, Some(said.last_mac));
            }
            self.report.removed = Some(sum.clone());
        }
        Ok(())
    }

    async fn go(&mut self) -> Result<(), sqlx::Error> {
        let end = self.end.as_ref().map_or(self.last, |end| end.seq);
        let (mut after, until) = (i64::MIN, end.max(self.last));
        while after < until {
            let rows = store::sealed_after(self.db, after, AT_ONCE).await?;
            let Some(last) = rows.last().and_then(|row| row.seq) else { break };
            after = last;
            self.forgotten.clear();
            for row in rows.iter().filter(|row| row.seq <= Some(until)) {
                self.look_at(row, end).await?;
            }
        }
        if self.next <= end {
            self.report.found_stretch(What::CutOff, self.next, end);
        }
        Ok(())
    }

    async fn look_at(&mut self, row: &EventRow, end: i64) -> Result<(), sqlx::Error> {
        let seq = row.seq.unwrap_or_default();
        if seq < 1 || seq > end {
            self.report.found(What::PutIn, row);
            return Ok(());
        }
        if seq <= self.removed {
            self.report.found(What::BroughtBack, row);
            return Ok(());
        }
        if seq > self.next {
            self.skip_removed().await?;
        }
        if seq < self.next {
            // Read a moment before retention removed it.
            return Ok(());
        }
        if seq > self.next {
            self.report.found_stretch(What::Missing, self.next, seq - 1);
            self.previous = None;
        }
        self.check_mac(row);
        self.note_key(row);
        if row.event == Kind::AuditResumed.into_str() && !self.is_change_of_key(row) {
            self.report.found(What::Resumed, row);
        }
        self.check_halves(row).await?;
        if self.since.is_some_and(|since| since.seq == seq && since.mac != row.mac) {
            self.report.found(What::Rewritten, row);
        }
        if self.end.as_ref().is_some_and(|end| end.seq == seq && end.mac != row.mac) {
            self.report.found(What::EndChanged, row);
        }
        self.next = seq + 1;
        self.previous = Some(row.mac.clone());
        self.report.end = Some(Anchor { seq, mac: row.mac.clone() });
        Ok(())
    }

    fn check_mac(&mut self, row: &EventRow) {
        let Some(name) = key_name(&row.mac) else { return self.report.found(What::Changed, row) };
        let Some(key) = self.keys.iter().find(|key| key.is_named_in(&row.mac)) else {
            let seq = row.seq.unwrap_or_default();
            return self.report.other_key(name, seq, seq);
        };
        self.report.events += 1;
        // After a gap no one can say what the row was sealed onto; the gap is told.
        let fits = self.previous.as_ref().is_none_or(|previous| key.mac(previous, row) == row.mac);
        if !fits {
            self.report.found(What::Changed, row);
        }
    }

    /// What may be blanked: from where, with either person; the words, with the one whom it happened to.
    async fn check_halves(&mut self, row: &EventRow) -> Result<(), sqlx::Error> {
        let origin_fits = origin_digest(&row.origin_salt, &row.ip, &row.device) == row.origin_digest;
        let words_fit = words_digest(&row.words_salt, &row.reason, &row.details) == row.words_digest;
        if origin_fits && words_fit {
            return Ok(());
        }
        let origin_is_blank = [&row.origin_salt, &row.ip, &row.device].iter().all(|text| text.is_empty());
        let words_are_blank = row.words_salt.is_empty() && row.reason.is_empty() && row.details == "null";
        if !(origin_fits || origin_is_blank) || !(words_fit || words_are_blank) {
            self.report.found(What::WordsChanged, row);
            return Ok(());
        }
        // What a request under way has written after the deletion is blanked, too, within a day, and the deletion may have
        // been removed by then.
        let removed_until = self.report.removed.as_ref().map_or(0, |removed| removed.until);
        let may_be_late = row.at < removed_until + LATE_MS;
        let subject_is_gone = may_be_late || self.is_forgotten(&row.subject).await?;
        let explained =
            (words_fit || subject_is_gone) && (origin_fits || subject_is_gone || self.is_forgotten(&row.actor).await?);
        if explained {
            self.report.blanked += 1;
        } else {
            self.report.found(What::Blanked, row);
        }
        Ok(())
    }

    async fn is_forgotten(&mut self, user_id: &str) -> Result<bool, sqlx::Error> {
        if let Some(known) = self.forgotten.get(user_id) {
            return Ok(*known);
        }
        let is_forgotten = store::is_forgotten(self.db, user_id).await?;
        self.forgotten.insert(user_id.to_owned(), is_forgotten);
        Ok(is_forgotten)
    }

    /// Where the key changes, the event before is what the new one goes on after.
    fn note_key(&mut self, row: &EventRow) {
        match &self.previous {
            None => self.before_key = None,
            Some(mac) if key_name(mac) != key_name(&row.mac) => {
                self.before_key = Some(Anchor { seq: self.next - 1, mac: mac.clone() });
            }
            Some(_) => {}
        }
    }

    /// Whether the log went on here because the secret key was replaced, and nothing was missing: the end of before was
    /// sealed with another key than this event, the same as the last event of that key, and that was the last of all.
    /// What had waited to be sealed stands in between, under the key of this event.
    /// Of a key that was not given the seal cannot be checked; what it sealed counts as not checked anyway.
    fn is_change_of_key(&self, row: &EventRow) -> bool {
        let details = row.details();
        let detail = |name: &str| details[name].as_str().unwrap_or_default();
        let (end, seal) = (detail("end_was"), detail("seal_was"));
        let (Ok(anchor), Some(before)) = (end.parse::<Anchor>(), &self.before_key) else { return false };
        let is_other = key_name(seal).is_some() && key_name(seal) != key_name(&row.mac);
        // Retention may have removed some of what had waited, and what stands before it.
        let is_removed = anchor.seq < before.seq && key_name(&before.mac) == key_name(&row.mac);
        let is_last = anchor == *before || is_removed;
        let is_whole = end == detail("last_event") && is_last && key_name(&anchor.mac) == key_name(seal);
        let key = self.keys.iter().find(|key| key.is_named_in(seal));
        is_other && is_whole && key.is_none_or(|key| key.seal(anchor.seq, &anchor.mac) == seal)
    }

    /// An event that says so may still wait to be sealed, by the first of the keys.
    async fn check_unsealed(&mut self) -> Result<(), sqlx::Error> {
        for row in store::waiting_of(self.db, Kind::AuditResumed).await? {
            let own = self.keys.first().map(|key| key.seal(0, "")).unwrap_or_default();
            let as_sealed = EventRow { seq: Some(self.next), mac: own, ..row };
            self.note_key(&as_sealed);
            if !self.is_change_of_key(&as_sealed) {
                self.report.found(What::Resumed, &as_sealed);
            }
        }
        Ok(())
    }

    /// What was noted down must have been met on the way.
    fn finish(mut self) -> Report {
        let removed_to = self.report.removed.as_ref().map_or(0, |removed| removed.to);
        if self.since.is_some_and(|since| since.seq <= removed_to) {
            self.report.since_removed = true;
            return self.report;
        }
        if let Some(since) = self.since.filter(|since| since.seq >= self.next) {
            self.report.found_stretch(What::Rewritten, since.seq, since.seq);
        }
        self.report
    }
}
