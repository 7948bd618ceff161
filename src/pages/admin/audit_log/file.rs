//! The file of an export, in pieces: what stands in it, and how. Server side.

use clap::ValueEnum;
use futures::{Stream, stream::try_unfold};
use serde::{Deserialize, Serializer};
use serde_json::Value;
use strum::IntoStaticStr;

use super::words;
use crate::{
    audit::log::{
        Filter,
        store::{LogRow, slice},
    },
    base::{error::AppError, rfc3339::milliseconds, state::AppState},
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, IntoStaticStr, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[strum(const_into_str, serialize_all = "lowercase")]
pub enum Format {
    /// CSV (RFC 4180) with a byte order mark. Spreadsheets take no cell for a formula.
    #[default]
    Csv,
    /// One JSON object per line.
    Jsonl,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/jsonl",
        }
    }
}

/// Events that are read, and sent, at once: memory does not grow with the file.
const AT_ONCE: usize = 1_000;

/// Where a spreadsheet sees it, it takes the text for UTF-8, and every name for what it is.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The file in pieces, the newest event first. Between two pieces no connection is held, and none is read that no one
/// takes.
pub fn file(state: AppState, filter: Filter, format: Format) -> impl Stream<Item = Result<Vec<u8>, AppError>> {
    // The id that it is written down to: empty at the beginning, none at the end.
    try_unfold((state, filter, Some(String::new())), move |(state, filter, mut written)| async move {
        loop {
            let Some(before) = written else { return Ok(None) };
            let head = if before.is_empty() { head(format)? } else { Vec::new() };
            let found = slice(&state.db.pool, &filter, &before, AT_ONCE).await?;
            let piece = piece(head, found.rows, format)?;
            written = found.next;
            // Nothing was found in what was looked through.
            if !piece.is_empty() {
                return Ok(Some((piece, (state, filter, written))));
            }
        }
    })
}

fn head(format: Format) -> Result<Vec<u8>, AppError> {
    match format {
        // An empty event has the names, too.
        Format::Csv => csv(BYTE_ORDER_MARK.to_vec(), [line(LogRow::default()).map(|(name, _)| name.to_owned())]),
        Format::Jsonl => Ok(Vec::new()),
    }
}

fn piece(head: Vec<u8>, rows: Vec<LogRow>, format: Format) -> Result<Vec<u8>, AppError> {
    let mut lines = rows.into_iter().map(line);
    match format {
        Format::Csv => csv(head, lines.map(|line| line.map(|(_, value)| cell(value)))),
        Format::Jsonl => lines.try_fold(head, |mut piece, line| {
            serde_json::Serializer::new(&mut piece).collect_map(line)?;
            piece.push(b'\n');
            Ok(piece)
        }),
    }
}

fn csv(
    piece: Vec<u8>,
    records: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> Result<Vec<u8>, AppError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(piece);
    for record in records {
        writer.write_record(record.into_iter().map(harmless)).map_err(unwritten)?;
    }
    writer.into_inner().map_err(unwritten)
}

fn unwritten(error: impl std::fmt::Display) -> AppError {
    tracing::error!(%error, "a row of the audit log was not written");
    AppError::internal()
}

/// What a formula can begin with, the full-width forms too, which count in some countries' spreadsheets.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What separates cells in one dialect or another. A quote may end what is quoted, where the reader takes another sign for
/// one, or was told that there are none.
const SEPARATORS: [char; 7] = [';', ',', '\t', '\r', '\n', '|', '"'];

/// A spreadsheet runs a cell that begins like a formula: what a stranger typed as their name must not be one (CWE-1236).
/// Nor may a part of it, where the reader separates by another sign than we do.
fn harmless(cell: String) -> String {
    let mut safe = String::with_capacity(cell.len() + 1);
    if cell.starts_with(['\t', '\r', '\n']) {
        safe.push('\'');
    }
    let mut begins = true;
    for c in cell.chars() {
        if begins && FORMULA.contains(&c) {
            safe.push('\'');
        }
        safe.push(c);
        // What takes no room, and a blank, which readers drop, hide nothing.
        let hides = c == ' ' || !c.is_ascii() && !c.is_alphanumeric() && !FORMULA.contains(&c);
        begins = SEPARATORS.contains(&c) || begins && hides;
    }
    safe
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// An event as programs get it: each column with its name.
fn line(entry: LogRow) -> [(&'static str, Value); 15] {
    let (what, details) = (words::plain(&entry), entry.row.details());
    let LogRow { row, actor_name, subject_name } = entry;
    [
        // Place in the chain; null while it is not sealed.
        ("seq", row.seq.into()),
        ("id", row.id.into()),
        // RFC 3339, UTC.
        ("at", milliseconds(row.at).into()),
        ("event", row.event.into()),
        // In words.
        ("what", what.into()),
        ("actor", row.actor.into()),
        ("actor_name", actor_name.into()),
        ("subject", row.subject.into()),
        ("subject_name", subject_name.into()),
        ("session", row.sid.into()),
        ("ip", row.ip.into()),
        ("device", row.device.into()),
        ("reason", row.reason.into()),
        ("details", details),
        ("mac", row.mac.into()),
    ]
}
