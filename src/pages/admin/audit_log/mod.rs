//! The audit log as administrators and auditors read it: look for something, page by page, and take it along. Server side.

pub mod export;
pub mod file;
pub mod filter;
pub mod load;
pub mod page;
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

/// Some words, which may lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    pub href: Option<String>,
}
