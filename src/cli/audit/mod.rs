//! `latchkey audit`: prove that the audit log was not changed, take it along, let it go on. Server side.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use futures::TryStreamExt;
use strum::VariantArray;

use super::{
    Failed, on_database,
    output::{say, say_json},
};
use crate::{
    audit::chain::{
        Anchor, ChainKey,
        seal::Sealer,
        verify::{Finding, Report, verify},
    },
    auth::{
        event,
        event::{Actor, Kind},
    },
    base::{
        config::{Config, SecretText},
        db::private_file,
        sealed::SecretKey,
        state::AppState,
    },
    pages::admin::{
        audit_log::{
            AuditAsked,
            export::exported,
            file,
            file::Format,
            filter::{Resolved, resolve},
        },
        by::parse_reason,
    },
    ui::when::minute,
};

#[derive(Subcommand)]
pub enum Audit {
    /// Walk the whole log and say whether anything in it was changed, moved, put in or removed since it was sealed.
    ///
    /// What LATCHKEY_AUDIT_RETENTION_DAYS has removed is told, and proven by what the log says of it.
    ///
    /// Changes nothing, and may run beside a server. Give it the settings of the server. Exit code 1 when something does
    /// not fit. What it prints as the end of the log can be noted down where nobody can change it, and given back later
    /// with --since: then not even who holds the secret key can have written the log anew up to there.
    Verify(Verify),
    /// Write events to the standard output or into a file, the newest first. It is written down in the log.
    Export(Export),
    /// Let a log go on whose end does not fit: after the secret key was replaced, or somebody changed the end.
    ///
    /// It mends nothing: what is missing or changed is found by `audit verify` for ever. It is written down in the log.
    Resume(Resume),
}

#[derive(Args)]
pub struct Verify {
    /// The end of the log as it was printed before: SEQ:MAC.
    #[arg(long, value_name = "SEQ:MAC")]
    since: Option<Anchor>,
    /// A secret key from before, where it was replaced: without it what was sealed with it is not checked. Several with
    /// commas between.
    #[arg(
        long,
        env = "LATCHKEY_FORMER_SECRET_KEYS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY"
    )]
    former_key: Vec<SecretText>,
    /// Print the report as JSON; times are milliseconds since the epoch.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct Export {
    /// What each line is.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only events of this kind.
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::VARIANTS.iter().map(Kind::into_str)))]
    event: Option<String>,
    /// Only what this person did: e-mail, name or id; or `cli`, `system`, `unknown`.
    #[arg(long)]
    actor: Option<String>,
    /// Only what happened to this person: e-mail, name or id.
    #[arg(long)]
    subject: Option<String>,
    /// Only from this day on (UTC), such as 2026-11-21.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Only up to the end of this day (UTC).
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Only from this network address.
    #[arg(long)]
    ip: Option<String>,
    /// Only with these words in the reason.
    #[arg(long)]
    words: Option<String>,
    /// Write into this file, which only its owner can read and which must not exist yet.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub struct Resume {
    /// Why; it goes into the audit log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    config: Config,
}

pub async fn run(command: Audit) -> Result<(), Failed> {
    match command {
        Audit::Verify(args) => verify_log(args).await,
        Audit::Export(args) => export_log(args).await,
        Audit::Resume(args) => resume(args).await,
    }
}

async fn verify_log(args: Verify) -> Result<(), Failed> {
    let keys = keys(&args)?;
    let since = args.since.as_ref();
    let report = on_database(args.config, async |state| {
        verify(&state.db.pool, &keys, since, state.clock.now_ms()).await.map_err(unread)
    })
    .await?;
    if args.json {
        say_json(&report)?;
    } else {
        say!("{}", told(&report, since).join("\n"));
    }
    match () {
        () if report.intact => Ok(()),
        () if report.findings.is_empty() => Err("a part of the audit log could not be checked".into()),
        () => Err("the audit log was changed".into()),
    }
}

fn keys(args: &Verify) -> Result<Vec<ChainKey>, Failed> {
    let mut keys = vec![ChainKey::of(&SecretKey::find(&args.config)?)];
    for text in &args.former_key {
        let key = SecretKey::from_text(text).map_err(|words| format!("--former-key: {words}"))?;
        keys.push(ChainKey::of(&key));
    }
    Ok(keys)
}

fn unread(error: sqlx::Error) -> Failed {
    format!("the audit log cannot be read: {error}; is the database up to date (`latchkey migrate`)?").into()
}

fn told(report: &Report, since: Option<&Anchor>) -> Vec<String> {
    let mut lines: Vec<String> = report.findings.iter().map(finding).collect();
    if report.more_findings > 0 {
        lines.push(format!("… and {} more", report.more_findings));
    }
    lines.extend(report.other_keys.iter().map(|stretch| {
        format!(
            "NOT CHECKED  events {} to {} were sealed with another secret key ({}): give it with --former-key. If the key was \
             never replaced, somebody has changed them.",
            stretch.from, stretch.to, stretch.key
        )
    }));
    if let Some(removed) = &report.removed {
        lines.push(format!(
            "{} events up to {} (number {}) were removed by retention, as the log says under its key",
            removed.events,
            minute(removed.until),
            removed.to
        ));
    }
    if let Some(removed) = report.removed.as_ref().filter(|removed| removed.unchecked > 0) {
        lines.push(format!(
            "{} of them had been sealed with a former secret key, and were not checked then",
            removed.unchecked
        ));
    }
    if report.since_removed {
        lines.push(
            "NOT CHECKED  what was noted down was removed by retention since: nothing can be held against it. Note the end \
             below, and more often than events are kept."
                .into(),
        );
    }
    lines.push(format!("{} sealed events looked at", report.events));
    if report.blanked > 0 {
        lines.push(format!("{} of them blanked with deleted accounts, as they should be", report.blanked));
    }
    if report.waiting > 0 {
        lines.push(format!(
            "warning: {} events have waited for more than a minute to be sealed; is a server running?",
            report.waiting
        ));
    }
    if report.intact {
        lines.push("nothing was changed".into());
        if let Some(since) = since {
            lines.push(format!("nothing up to {} was written anew", since.seq));
        }
    }
    if let Some(end) = report.end.as_ref().filter(|_| report.intact || report.since_removed) {
        lines.push(format!("the end, to note down: {end}"));
    }
    lines
}

fn finding(finding: &Finding) -> String {
    let Finding { what, seq, to, id, at } = finding;
    let place = if seq == to { format!("event {seq}") } else { format!("each of events {seq} to {to}") };
    let row = at.map(|at| format!(" ({}, {id})", minute(at))).unwrap_or_default();
    format!("CHANGED  {place}{row} {}", what.words())
}

async fn export_log(args: Export) -> Result<(), Failed> {
    let (asked, format) = (args.asked(), args.format);
    on_database(args.config, async |state| {
        let resolved = resolve(state, &asked).await?;
        if !resolved.is_understood() {
            return Err(misunderstood(&resolved).into());
        }
        let mut output = open(args.output.as_ref())?;
        note(state, format, &resolved).await?;
        let mut pieces = std::pin::pin!(file::file(state.clone(), resolved.filter, format));
        while let Some(piece) = pieces.try_next().await? {
            match output.write_all(&piece) {
                // Whoever reads has seen enough: `| head`.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written.map_err(unwritten)?,
            }
        }
        output.flush().map_err(unwritten)
    })
    .await
}

fn unwritten(error: io::Error) -> Failed {
    format!("the file cannot be written: {error}").into()
}

impl Export {
    fn asked(&self) -> AuditAsked {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        AuditAsked {
            event: text(&self.event),
            actor: text(&self.actor),
            subject: text(&self.subject),
            from: text(&self.from),
            to: text(&self.to),
            ip: text(&self.ip),
            q: text(&self.words),
            before: String::new(),
        }
    }
}

fn misunderstood(resolved: &Resolved) -> String {
    let people = resolved.several.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("; ");
    let several = (!people.is_empty()).then(|| format!("several people are called that ({people}): give the e-mail"));
    resolved.problems.iter().cloned().chain(several).collect::<Vec<_>>().join(" ")
}

fn open(file: Option<&PathBuf>) -> Result<Box<dyn Write>, String> {
    let Some(path) = file else { return Ok(Box::new(io::stdout().lock())) };
    let opened = private_file().create_new(true).open(path);
    opened.map(|file| Box::new(file) as Box<dyn Write>).map_err(|error| format!("{}: {error}", path.display()))
}

async fn note(state: &AppState, format: Format, resolved: &Resolved) -> Result<(), Failed> {
    let event = exported(Actor::CommandLine, format, resolved);
    let written = event::store::insert(&state.db.pool, &event, state.clock.now_ms()).await;
    written.map_err(|error| format!("the export cannot be written down, so there is none: {error}"))?;
    Ok(())
}

async fn resume(args: Resume) -> Result<(), Failed> {
    let words = parse_reason(&args.reason)?;
    let secret = SecretKey::find(&args.config)?;
    let resumed = on_database(args.config, async |state| {
        Sealer::new(state.clone(), &secret).resume(&words).await.map_err(unread)
    })
    .await?;
    match resumed {
        Some(from) => {
            say!("The audit log goes on after event {}; running servers seal again within a second.", from.seq)
        }
        None => say!("The end of the audit log fits; there is nothing to do."),
    }
    Ok(())
}
