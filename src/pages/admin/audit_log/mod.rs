//! The audit log as administrators and auditors read it: look for something, page by page, and take it along. Server side.

pub mod export;
pub mod file;
pub mod filter;
pub mod load;
pub mod page;
pub mod words;

use std::iter::once;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};
use serde::Deserialize;
use strum::VariantArray;

use crate::auth::event::Kind;

pub const PAGE: &str = "/admin/audit";
pub const EXPORT: &str = "/admin/audit/export";

/// Longest text to look for in reasons, in characters.
pub const WORDS_MAX_CHARS: usize = 100;

/// What may stand in the address of the page, and the options of `latchkey audit export`; empty is "any".
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AuditAsked {
    /// Only events of this kind.
    #[arg(long, default_value = "", hide_default_value = true, value_parser = kinds())]
    pub event: String,
    /// Only actions of this user (email address, name or ID), or of `cli`, `system` or `unknown`.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "USER")]
    pub actor: String,
    /// Only what happened to this user (email address, name or ID).
    #[arg(long, default_value = "", hide_default_value = true, value_name = "USER")]
    pub subject: String,
    /// Only from this day (UTC), such as 2026-11-21.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "DAY")]
    pub from: String,
    /// Only up to the end of this day (UTC).
    #[arg(long, default_value = "", hide_default_value = true, value_name = "DAY")]
    pub to: String,
    /// Only from this IP address.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub ip: String,
    /// Only with these words in the reason.
    #[arg(long = "words", default_value = "", hide_default_value = true, value_name = "WORDS")]
    pub q: String,
    /// Id of the last event on the page before.
    #[arg(skip)]
    pub before: String,
}

fn kinds() -> PossibleValuesParser {
    let any = PossibleValue::new("").hide(true);
    PossibleValuesParser::new(once(any).chain(Kind::VARIANTS.iter().map(|kind| kind.into_str().into())))
}
