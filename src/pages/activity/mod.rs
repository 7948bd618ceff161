//! What happened, as it is said to the person whom it happened to.

pub mod page;
pub mod words;

/// An event as the person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of the event; where several are told as one, of the newest.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// A sentence.
    pub words: String,
    /// Browser and system in words; empty where no one called.
    pub device: String,
    pub ip: String,
    /// It came from the session that reads this.
    pub here: bool,
    pub tone: Tone,
    /// Whether "this was not me" is a sensible answer.
    pub deniable: bool,
}

/// How much an entry asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Of no interest to most.
    Quiet,
    Plain,
    /// Worth a second look.
    Alarm,
}

impl Entry {
    /// From where, in one line: "Firefox on Linux, 192.0.2.7".
    pub fn from_where(&self) -> String {
        let parts = [&*self.device, &*self.ip];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}
