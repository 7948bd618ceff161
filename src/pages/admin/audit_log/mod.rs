//! The audit log as administrators and auditors read it: look for something, page by page, and take it along.

#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod file;
#[cfg(feature = "ssr")]
pub mod filter;
#[cfg(feature = "ssr")]
pub mod load;
pub mod page;
#[cfg(feature = "ssr")]
pub mod words;

use serde::Deserialize;

/// The address of the page, and that of the download.
pub const PAGE: &str = "/admin/audit";
pub const EXPORT: &str = "/admin/audit/export";

/// Longest text to look for in reasons, in characters.
pub const WORDS_MAX_CHARS: u16 = 100;

/// What may stand in the address of the page; empty is "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AuditAsked {
    /// Name of a kind of event.
    pub event: String,
    /// Who did it: id, email, name; `command line`, `latchkey`, `unknown`.
    pub actor: String,
    /// Whom it happened to: id, email, name.
    pub subject: String,
    /// Days in UTC, `2026-11-21`, both inclusive.
    pub from: String,
    pub to: String,
    /// Network address.
    pub ip: String,
    /// Part of the reason.
    pub q: String,
    /// Id of the last event on the page before.
    pub before: String,
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// As the form shows it: people by their address.
    pub asked: AuditAsked,
    /// Kinds of event to choose from: name, words.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// What was not understood; then nothing is shown.
    pub problems: Vec<String>,
    /// People who may be meant.
    pub several: Vec<Part>,
    pub entries: Vec<AuditEntry>,
    /// Address of the next page.
    pub older: Option<String>,
    /// Set where so many events were looked through that the rest is for the next page: how far, in milliseconds since
    /// the epoch.
    pub searched_to: Option<i64>,
    /// Address of the first page, on the others.
    pub newest: Option<String>,
    pub is_filtered: bool,
    /// Addresses of the downloads.
    pub csv: String,
    pub json_lines: String,
}

/// An event, in words for who oversees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// A sentence, with the people in it as links.
    pub what: Vec<Part>,
    /// In the actor's own words.
    pub reason: String,
    /// Name and value.
    pub details: Vec<(String, String)>,
    pub device: String,
    pub ip: String,
    pub is_sealed: bool,
}

/// Some words, which may lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    pub href: Option<String>,
}
