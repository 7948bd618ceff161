//! Finds what `/admin/audit` shows. Server side; reads only.

use leptos::prelude::*;
use strum::VariantArray;
use uuid::Uuid;

use super::{
    AuditAsked, AuditEntry, AuditPage, EXPORT, PAGE,
    filter::{Resolved, address, resolve},
    page, words,
};
use crate::{
    audit::log::{
        Filter, Next, Slice,
        store::{LogRow, slice},
    },
    auth::event::Kind,
    base::{error::AppError, state::AppState},
    pages::request::{Found, PageRequest, as_typed, shows},
};

/// Events on one page.
const EVENTS: usize = 50;

/// On the page of a person.
const EVENTS_OF_ONE: usize = 20;

/// Events as the address of the page asks for them.
pub async fn audit(page: &PageRequest) -> Result<Found, AppError> {
    page.overseer().await?;
    let state = &page.app.state;
    let resolved = resolve(state, &as_typed(&page.parts.uri)).await?;
    let found = match resolved.is_understood() {
        true => slice(&state.db.pool, &resolved.filter, &resolved.exact.before, EVENTS).await?,
        false => Slice { rows: Vec::new(), next: Next::Nothing },
    };
    let shown = shown(resolved, &found);
    shows(move || view! { <page::AuditPage shown /> })
}

/// The newest that happened to a user, for the page of that person.
pub async fn newest_of(state: &AppState, user_id: &str) -> Result<Vec<AuditEntry>, AppError> {
    let filter = Filter { subject: Some(user_id.to_owned()), ..Filter::default() };
    let found = slice(&state.db.pool, &filter, "", EVENTS_OF_ONE).await?;
    Ok(found.rows.iter().map(entry).collect())
}

fn shown(resolved: Resolved, found: &Slice) -> AuditPage {
    let is_filtered = resolved.filter != Default::default() || !resolved.is_understood();
    let Resolved { shown, exact, problems, several, .. } = resolved;
    let first = AuditAsked { before: String::new(), ..exact.clone() };
    let before = |id: &String| address(PAGE, &AuditAsked { before: id.clone(), ..exact.clone() }, &[]);
    let (older, searched_to) = match &found.next {
        Next::Nothing => (None, None),
        Next::More(id) => (Some(before(id)), None),
        Next::LookedThrough(id) => (Some(before(id)), Some(time_of(id))),
    };
    AuditPage {
        kinds: Kind::VARIANTS.iter().map(|kind| (kind.into_str(), words::label(*kind))).collect(),
        entries: found.rows.iter().map(entry).collect(),
        older,
        searched_to,
        newest: (!exact.before.is_empty()).then(|| address(PAGE, &first, &[])),
        is_filtered,
        csv: address(EXPORT, &first, &[("format", "csv")]),
        json_lines: address(EXPORT, &first, &[("format", "jsonl")]),
        asked: shown,
        problems,
        several,
    }
}

fn entry(row: &LogRow) -> AuditEntry {
    AuditEntry {
        at: row.at,
        what: words::sentence(row),
        reason: row.reason.clone(),
        details: words::details(row),
        device: row.device.clone(),
        ip: row.ip.clone(),
        is_sealed: row.seq.is_some(),
    }
}

/// When an event was written, in milliseconds since the epoch, by its id.
fn time_of(id: &str) -> i64 {
    let time = Uuid::parse_str(id).ok().and_then(|id| id.get_timestamp()).map(|time| time.to_unix());
    time.and_then(|(seconds, _)| i64::try_from(seconds).ok()).unwrap_or_default() * 1000
}
