//! `latchkey doctor`: looks at an installation as an experienced operator would, and says how to mend it. One file per
//! subject. Server side.

mod ask;
mod database;
mod feed;
mod files;
mod keys;
mod machine;
mod mail;
mod people;
mod reach;
mod settings;
mod store;

use std::time::Duration;

use clap::Args;

use super::{
    Failed,
    output::{say, say_json},
    parts::ServerSettings,
};
use crate::{
    base::{
        finding::{Finding, State},
        sealed::SecretKey,
    },
    pages::part::Parts,
};

/// Look at this installation and say what is wrong with it, and how to mend it.
///
/// Give it the settings of the server. It changes nothing and sends no mail. It looks at the settings, files and their
/// modes, the machine, the mail server, the running server (directly and through its public address), the database, the
/// feed of revocations, keys, administrators and the audit log, all at once and for a few seconds at most. Exit code 1
/// when something is broken, 0 otherwise.
#[derive(Args)]
pub struct Doctor {
    /// Print the findings as JSON: what, state (good, warning, broken), words, mend.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: ServerSettings,
}

/// Nothing is waited for longer: a doctor who hangs with the patient helps nobody.
const PATIENCE: Duration = Duration::from_secs(5);

/// Clocks that differ by more make receipts late and codes fail (README).
const SKEW_MAX_MS: i64 = 2_000;

/// Fails when something is broken, and says how many things are.
pub async fn run(args: Doctor) -> Result<(), Failed> {
    let findings = examine(args.settings).await;
    if args.json {
        say_json(&findings)?;
    } else {
        findings.iter().for_each(print);
    }
    match findings.iter().filter(|finding| finding.state == State::Broken).count() {
        0 => Ok(()),
        1 => Err("1 thing is broken".into()),
        n => Err(format!("{n} things are broken").into()),
    }
}

fn print(finding: &Finding) {
    let Finding { what, state, words, mend } = finding;
    let word = match state {
        State::Good => "ok",
        State::Warning => "warning",
        State::Broken => "BROKEN",
    };
    say!("{word:<8} {what:<12} {words}");
    if !mend.is_empty() {
        say!("{:21} → {mend}", "");
    }
}

async fn examine(ServerSettings { config, parts }: ServerSettings) -> Vec<Finding> {
    let parts = Parts::from(parts);
    let secret = SecretKey::find(&config);
    let (machine, mail, server, database) = tokio::join!(
        machine::look(&config),
        mail::look(&config),
        reach::look(&config, secret.as_ref().ok()),
        database::look(&config, &parts, secret.as_ref()),
    );
    [settings::look(&config), files::look(&config), machine, mail, server, database].concat()
}
