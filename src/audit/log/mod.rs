//! The log as it is looked through: what to look for, in slices that stay quick with a million events. Server side.

pub mod store;

use uuid::{Builder, Uuid};

use crate::auth::event::Kind;

/// Stands for "any", where what is looked for may be empty.
const ANY: &str = "*";

/// What to look for. `None` is "any".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub event: Option<Kind>,
    /// As stored: a user's id, `cli`, `system`, or empty.
    pub actor: Option<String>,
    pub subject: Option<String>,
    /// Milliseconds since the epoch, inclusive.
    pub from: Option<i64>,
    /// Milliseconds since the epoch, exclusive.
    pub until: Option<i64>,
    pub ip: Option<String>,
    /// Part of the reason; case does not matter.
    pub words: Option<String>,
}

/// Some of what was looked for, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    pub rows: Vec<store::LogRow>,
    /// There may be more before the event of this id.
    pub next: Option<String>,
    /// That is only because so many events were looked through that it is someone else's turn.
    pub is_cut_short: bool,
}

impl Filter {
    /// The column whose index leads, and what it is asked for; the rest is looked at row by row.
    fn way(&self) -> (&'static str, &str) {
        match self {
            Self { subject: Some(id), .. } => ("subject", id),
            Self { actor: Some(id), .. } => ("actor", id),
            Self { event: Some(kind), .. } => ("event", kind.into_str()),
            _ => ("'*'", ANY),
        }
    }

    /// Whether rows that the index leads to may be left out.
    fn leaves_out(&self) -> bool {
        let by_index = [self.subject.is_some(), self.actor.is_some(), self.event.is_some()];
        by_index.iter().filter(|is_asked| **is_asked).count() > 1 || self.ip.is_some() || self.words.is_some()
    }

    /// Ids begin with the time.
    fn least_id(&self) -> String {
        first_id_of(self.from.unwrap_or_default())
    }

    /// The lower of the end of the time that is asked for and `before`.
    fn end_id(&self, before: &str) -> String {
        let end = self.until.map_or_else(|| Uuid::max().to_string(), first_id_of);
        if before.is_empty() { end } else { end.min(before.to_owned()) }
    }
}

fn first_id_of(ms: i64) -> String {
    Builder::from_unix_timestamp_millis(u64::try_from(ms).unwrap_or_default(), &[0; 10]).into_uuid().to_string()
}
