//! `latchkey audit export`: the events that fit, as a file. Server side.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use futures::TryStreamExt;

use crate::{
    auth::{event, event::Actor},
    base::{db::beside, private_file::private_file, state::AppState},
    cli::{Failed, installation::on_database, parts::ServerSettings},
    pages::admin::audit_log::{
        AuditAsked,
        export::exported,
        file,
        file::Format,
        filter::{Resolved, read, resolve},
    },
};

#[derive(Args)]
pub struct Export {
    /// File format. Times are RFC 3339 in UTC.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    #[command(flatten)]
    asked: AuditAsked,
    /// Write to this file. It must not exist yet, and only its owner will be able to read it. Until all is written, ".part"
    /// follows its name.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    settings: ServerSettings,
}

pub async fn run(args: Export) -> Result<(), Failed> {
    let format = args.format;
    let problems = read(&args.asked).problems;
    if !problems.is_empty() {
        return Err(Failed::usage(problems.join(" ")));
    }
    on_database(&args.settings.config, async |state| {
        let resolved = resolve(state, &args.asked).await?;
        if !resolved.is_understood() {
            return Err(misunderstood(&resolved).into());
        }
        let Some(path) = &args.output else { return write(state, resolved, format, io::stdout().lock()).await };
        // Half a file would pass for all of it, and stand in the way of the next try.
        let part = beside(path, ".part");
        let file = open(path, &part)?;
        let written = write(state, resolved, format, &file).await;
        // Where a disk is far away, only now it may say that it is full.
        let named = written.and_then(|()| file.sync_all().and_then(|()| fs::rename(&part, path)).map_err(unwritten));
        if named.is_err() {
            let _ = fs::remove_file(&part);
        }
        named
    })
    .await
}

async fn write(state: &AppState, resolved: Resolved, format: Format, mut output: impl Write) -> Result<(), Failed> {
    let event = exported(Actor::CommandLine, format, &resolved);
    let written = event::store::insert(&state.db.pool, &event, state.clock.now_ms()).await;
    written.map_err(|error| format!("nothing was exported, because the export could not be recorded: {error}"))?;
    let mut pieces = std::pin::pin!(file::file(state.clone(), resolved.filter, format));
    while let Some(piece) = pieces.try_next().await? {
        match output.write_all(&piece) {
            // Whoever reads has seen enough: `| head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(unwritten)?,
        }
    }
    output.flush().map_err(unwritten)
}

fn unwritten(error: io::Error) -> Failed {
    format!("cannot write the export: {error}").into()
}

fn misunderstood(resolved: &Resolved) -> String {
    let users = resolved.several.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("; ");
    let several = (!users.is_empty()).then(|| format!("Several users match ({users}). Use the email address."));
    resolved.problems.iter().cloned().chain(several).collect::<Vec<_>>().join(" ")
}

fn open(path: &Path, part: &Path) -> Result<File, String> {
    if path.symlink_metadata().is_ok() {
        return Err(format!("{} exists already; choose another file, or remove it first", path.display()));
    }
    // Of an export that was interrupted.
    let _ = fs::remove_file(part);
    let opened = private_file().create_new(true).open(part);
    opened.map_err(|error| format!("cannot write {}: {error}", part.display()))
}
