//! What a walk along the chain has found. Server side.

use serde::Serialize;

use super::Anchor;
use crate::audit::log::store::EventRow;

/// So many findings are told one by one; the rest is counted.
const FINDINGS_MAX: usize = 100;

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Nothing was changed, as far as the given keys can tell, and they can tell of all of it.
    pub intact: bool,
    /// Sealed events that were checked.
    pub events: u64,
    /// Of them, those whose address, browser or words were blanked with a deleted account.
    pub blanked: u64,
    /// The end, to be noted down elsewhere and given back with `--since`; `None` before anything is sealed.
    pub end: Option<Anchor>,
    pub findings: Vec<Finding>,
    /// Findings beyond those that are listed.
    pub more_findings: u64,
    /// Sealed with a secret key that was not given: not checked.
    pub other_keys: Vec<Stretch>,
    /// Events that have waited for more than a minute: is a server running?
    pub waiting: i64,
    /// What retention has removed; `None` where it has removed nothing.
    pub removed: Option<ByRetention>,
    /// What was noted down was removed since, so nothing can be held against it.
    pub since_removed: bool,
}

impl Report {
    pub fn other_key(&mut self, name: &str, from: i64, to: i64) {
        let stretches = &mut self.other_keys;
        if let Some(stretch) = stretches.last_mut().filter(|stretch| stretch.key == name && stretch.to + 1 == from) {
            stretch.to = to;
        } else if stretches.len() < FINDINGS_MAX {
            stretches.push(Stretch { key: name.to_owned(), from, to });
        } else {
            self.more_findings += 1;
        }
    }

    pub fn found(&mut self, what: What, row: &EventRow) {
        let seq = row.seq.unwrap_or_default();
        self.push(Finding { what, seq, to: seq, id: row.id.clone(), at: Some(row.at) });
    }

    pub fn found_stretch(&mut self, what: What, seq: i64, to: i64) {
        self.push(Finding { what, seq, to, id: String::new(), at: None });
    }

    fn push(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }
}

/// What retention has removed, as the log says under its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByRetention {
    pub events: i64,
    /// The greatest number.
    pub to: i64,
    /// Time of the newest, in milliseconds since the epoch.
    pub until: i64,
    /// Of them, those that were sealed with a key which the server had no more.
    pub unchecked: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub what: What,
    /// Place in the chain; of several, the first.
    pub seq: i64,
    /// The last of several.
    pub to: i64,
    /// Empty where there is no row.
    pub id: String,
    /// Milliseconds since the epoch, as the row says.
    pub at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The row is not the one that was sealed there: changed, moved, or put in.
    Changed,
    /// Address and browser, or reason and details, are not what was sealed.
    WordsChanged,
    /// They were blanked, and the log knows of no deleted account that this was for.
    Blanked,
    Missing,
    /// Missing at the end.
    CutOff,
    /// A row with a number that was never given.
    PutIn,
    /// The row that names the end was changed or removed.
    EndChanged,
    /// The mac at the noted place is another one.
    Rewritten,
    /// What says which events retention has removed was changed.
    RemovalChanged,
    /// Some of what retention has removed was not as it had been sealed.
    RemovedUnfit,
    /// Removed by retention, and there again.
    BroughtBack,
    /// An operator let the log go on over an end that someone had changed: what was missing then shows nowhere else.
    Resumed,
}

impl What {
    pub fn words(self) -> &'static str {
        match self {
            Self::Changed => "was changed, moved or added",
            Self::WordsChanged => "has another IP address, device, reason or details than when it was sealed",
            Self::Blanked => "was anonymised, but no deleted account explains it",
            Self::Missing => "is missing",
            Self::CutOff => "is missing at the end",
            Self::PutIn => "has a number that was never assigned",
            Self::RemovalChanged => "is recorded as removed by retention, but that record was changed or added",
            Self::RemovedUnfit => "was removed by retention, but some of it was already missing or changed by then",
            Self::BroughtBack => "was removed by retention, but another event was added in its place",
            Self::EndChanged => "is the end according to a record that was changed or removed",
            Self::Resumed => {
                "says the log continued after its end was changed or removed, so what is missing before it can't be detected"
            }
            Self::Rewritten => "doesn't match the checkpoint: the log was rewritten up to there",
        }
    }
}

/// Neighbours that were sealed with one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// Name of the key, as the macs have it.
    pub key: String,
    pub from: i64,
    pub to: i64,
}
