//! `latchkey doctor`: looks at an installation as an experienced operator would, and says how to fix it. One file per
//! subject. Server side.

mod database;
mod feed;
mod files;
pub mod keys;
mod machine;
mod mail;
mod people;
mod reach;
mod settings;
mod store;

use serde_json::json;

use super::{Common, Failed, ask, ask::PATIENCE, unknown_settings};
use crate::{
    base::{
        config::Config,
        finding::{Finding, State},
        sealed::SecretKey,
    },
    pages::part::Parts,
};

/// Clocks that differ by more make receipts late and codes fail (README).
const SKEW_MAX_MS: i64 = 2_000;

/// Fails when there is an error, and says how many there are.
pub async fn run(common: Common) -> Result<(), Failed> {
    let findings = examine(&common.config, &common.parts.clone().into()).await;
    common.answer(&json!({ "findings": findings }), || findings.iter().map(text).collect::<Vec<_>>().join("\n"))?;
    match findings.iter().filter(|finding| finding.state == State::Error).count() {
        0 => Ok(()),
        1 => Err("found 1 error".into()),
        n => Err(format!("found {n} errors").into()),
    }
}

fn text(Finding { check, state, message, fix }: &Finding) -> String {
    let word = match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Error => "error",
    };
    let fix = if fix.is_empty() { String::new() } else { format!("\n{:23} → {fix}", "") };
    format!("{word:<8} {check:<14} {message}{fix}")
}

async fn examine(config: &Config, parts: &Parts) -> Vec<Finding> {
    let found = SecretKey::find(config);
    let secret = found.as_ref().ok();
    let (machine, mail, server, database) = tokio::join!(
        machine::look(config),
        mail::look(config),
        reach::look(config, secret),
        database::look(config, parts, secret),
    );
    let unknown = unknown_settings().map(|(words, fix)| Finding::warning("environment", words, fix));
    let no_secret = found.as_ref().err().map(|words| Finding::error_as_told("secret key", words));
    let given = [settings::look(config), Vec::from_iter(unknown)].concat();
    [given, files::look(config), Vec::from_iter(no_secret), machine, mail, server, database].concat()
}
