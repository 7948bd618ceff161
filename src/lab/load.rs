//! Finds what `/lab` and its pages of code show. Server side.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    attacks,
    choose::Facts,
    code::{CodePage, lines_of},
    cost, lanes,
    page::LabPage,
    travel,
    travel::{SizeRow, Sizes},
    visit::Visit,
    world::Lab,
};
use crate::{
    auth::{
        revocations::{set::STALE_AFTER, store::KEPT_MS},
        tokens::{KeyPurpose, verify::LEEWAY},
    },
    base::{config::Config, db::Kind, error::AppError, number::grouped},
    pages::request::{Found, PageRequest, shows},
};

pub async fn lab(page: &PageRequest, lab: &Lab) -> Result<Found, AppError> {
    let found = Visit::of(lab, &page.parts.headers).await?;
    let (mut visit_ends_at, mut logged_in, mut cookies) = (None, false, travel::decode::own(page));
    let (mut cost, mut told) = (None, None);
    if let Some(found) = &found {
        // The token of the last experiment has expired, mostly.
        let (browser, has_token) = found.renewed(lab).await?;
        (visit_ends_at, logged_in) = (Some(found.ends_at), has_token);
        cookies = cookies.or_else(|| travel::decode::demo(lab, &browser));
        cost = found.result(lab, cost::NAME).await?;
        told = lanes::run::load(lab, found).await?;
    }
    let sizes = travel::sizes::measure(lab).await?;
    let attacks = attacks::run::load(lab, found.as_ref()).await?;
    let algorithm = lab.keys.signing(KeyPurpose::All).await?.algorithm;
    let facts = facts(&page.app.state.config, &sizes, algorithm.into_str());
    let one_writer = lab.state.db.kind == Kind::Sqlite;
    shows(move || view! { <LabPage visit_ends_at logged_in cookies sizes cost told one_writer attacks facts /> })
}

pub fn code(page: &PageRequest) -> Result<Found, AppError> {
    let mut cites = attacks::list::ALL.iter().flat_map(|about| about.cites).chain(lanes::run::CITES);
    let file = cites.find(|cite| cite.page() == page.id()).ok_or(AppError::NotFound)?;
    let path = format!("src/{}", file.path);
    let asked: BTreeMap<String, String> = page.asked();
    let cited = asked.get("function").and_then(|function| lines_of(file.text, function));
    shows(move || view! { <CodePage path text=file.text cited /> })
}

/// `algorithm`: the one that signs here.
fn facts(config: &Config, sizes: &Sizes, algorithm: &str) -> Facts {
    let session = sizes.session_bytes;
    let least = sizes.rows.first().and_then(|row| row.bytes.iter().min().copied()).unwrap_or_default();
    let most = sizes.rows.iter().find(|row| row.permissions == 100).map_or(0, SizeRow::largest);
    [
        ("token", config.token_lifetime_seconds.to_string()),
        // A token is accepted for this long after it expired: clocks differ.
        ("leeway", LEEWAY.to_string()),
        ("remembered", (KEPT_MS / 1000).to_string()),
        // After this long without news an instance doesn't trust its memory.
        ("stale", STALE_AFTER.as_secs().to_string()),
        ("session", session.to_string()),
        ("least", least.to_string()),
        ("most", grouped(most)),
        ("both", grouped(session + sizes.least_of(algorithm).unwrap_or_default())),
    ]
}
