//! `latchkey audit verify`: walks the chain and says what does not fit. Server side; reads only.

use clap::Args;

use super::unread;
use crate::{
    audit::chain::{
        Anchor, ChainKey,
        report::{ByRetention, Finding, Report, Stretch},
        verify::verify,
    },
    base::{
        config::{Config, SecretText},
        number::counted,
        sealed::SecretKey,
    },
    cli::{Common, Failed},
    ui::when::{minute, moment},
};

#[derive(Args)]
pub struct Verify {
    /// Checkpoint that an earlier run printed.
    #[arg(long, value_name = "SEQ:MAC")]
    since: Option<Anchor>,
    /// Secret key from before it was replaced. Events sealed with it can't be checked without. Separate several with commas.
    #[arg(
        long,
        env = "LATCHKEY_FORMER_SECRET_KEYS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY",
        allow_hyphen_values = true
    )]
    former_key: Vec<SecretText>,
    #[command(flatten)]
    common: Common,
}

pub async fn run(Verify { since, former_key, common }: Verify) -> Result<(), Failed> {
    let keys = keys(&common.config, &former_key)?;
    let since = since.as_ref();
    let verified = common
        .on_database(async |state| verify(&state.db.pool, &keys, since, state.clock.now_ms()).await.map_err(unread));
    let report = verified.await?;
    common.answer(&report, || told(&report, since).join("\n"))?;
    match () {
        () if report.intact => Ok(()),
        () if report.findings.is_empty() => Err("part of the audit log could not be checked".into()),
        () => Err("the audit log was changed".into()),
    }
}

fn keys(config: &Config, former: &[SecretText]) -> Result<Vec<ChainKey>, Failed> {
    let mut keys = vec![ChainKey::of(&SecretKey::find(config)?)];
    for text in former {
        let key = SecretKey::from_text(text).map_err(|words| Failed::usage(format!("--former-key: {words}")))?;
        keys.push(ChainKey::of(&key));
    }
    Ok(keys)
}

/// What is wrong, then what is so, then what follows from it.
fn told(report: &Report, since: Option<&Anchor>) -> Vec<String> {
    let mut lines: Vec<String> = report.findings.iter().map(finding).collect();
    if report.more_findings > 0 {
        lines.push(format!("… and {} more", report.more_findings));
    }
    lines.extend(report.other_keys.iter().map(unchecked));
    lines.extend(report.removed.as_ref().map(removed));
    if report.since_removed {
        lines.push(
            "NOT CHECKED  retention has removed the events of the checkpoint since, so there is nothing to compare it with. \
             Keep the checkpoint below, and run this more often than events are kept."
                .into(),
        );
    }
    lines.extend(read(report));
    if report.intact {
        lines.push("The log is intact.".into());
        lines.extend(since.map(|since| format!("Nothing up to event {} was rewritten.", since.seq)));
    }
    if let Some(end) = report.end.as_ref().filter(|_| report.intact || report.since_removed) {
        lines.push(format!("Checkpoint (keep this for --since): {end}"));
    }
    lines
}

fn finding(finding: &Finding) -> String {
    let Finding { what, seq, to, id, at } = finding;
    let place = if seq == to { format!("event {seq}") } else { format!("each of events {seq} to {to}") };
    let row = at.map(|at| format!(" ({}, {id})", minute(at))).unwrap_or_default();
    format!("CHANGED  {place}{row} {}", what.words())
}

fn unchecked(stretch: &Stretch) -> String {
    format!(
        "NOT CHECKED  events {} to {} were sealed with another secret key ({}). Pass it as --former-key. If the key was never \
         replaced, someone has changed these events.",
        stretch.from, stretch.to, stretch.key
    )
}

fn removed(removed: &ByRetention) -> String {
    let events = counted(removed.events, "event", "events");
    let unchecked = match removed.unchecked {
        0 => String::new(),
        count => format!(" Of these, {count} could not be checked, because they were sealed with a former secret key."),
    };
    format!("{events} up to number {} ({}) removed by retention.{unchecked}", removed.to, moment(removed.until))
}

fn read(report: &Report) -> Vec<String> {
    let mut lines = vec![format!("{} checked", counted(report.events, "sealed event", "sealed events"))];
    if report.blanked > 0 {
        lines.push(format!("{} anonymised because their accounts were deleted", report.blanked));
    }
    if report.waiting > 0 {
        let waiting = counted(report.waiting, "event has", "events have");
        lines.push(format!("warning: {waiting} waited over a minute to be sealed. Is a server running?"));
    }
    lines
}
