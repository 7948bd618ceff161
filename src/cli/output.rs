//! What a command prints: text for people, or, with `--json`, one document for programs. Server side.

use std::{
    array,
    io::{self, Write},
    iter,
};

use serde::Serialize;
use serde_json::Value;

use super::{Common, Failed};
use crate::base::{logging, rfc3339::milliseconds};

impl Common {
    pub fn answer(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failed> {
        answer(self.json, value, text)
    }

    /// A list, with its [`table`]. What else is to be said goes to standard error, for a program reads the rest: `none`,
    /// where there are no rows, and the notes.
    pub fn answer_list(
        &self,
        value: &impl Serialize,
        table: String,
        none: &str,
        notes: impl IntoIterator<Item = String>,
    ) -> Result<(), Failed> {
        let none = table.is_empty().then(|| none.to_owned());
        self.answer(value, || table)?;
        none.into_iter().chain(notes).filter(|_| !self.json).for_each(|note| eprintln!("{}", logging::visible(&note)));
        Ok(())
    }
}

/// Prints an answer. Text that is empty prints nothing.
pub fn answer(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failed> {
    let words = if json { document(value)? } else { text() };
    if words.is_empty() { Ok(()) } else { say(&words) }
}

/// One JSON document. Inside, times are milliseconds since the epoch; here they are RFC 3339 in UTC:
/// "2026-11-21T22:46:05.123Z".
pub fn document(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&with_times(serde_json::to_value(value)?))
}

/// Writes text and a line break to standard output; ends the program where no one reads it any more, as `| head` does.
/// Names and addresses that someone chose must not steer the terminal.
pub fn say(words: &str) -> Result<(), Failed> {
    let Err(error) = writeln!(io::stdout().lock(), "{}", logging::visible(words)) else { return Ok(()) };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    Err(format!("cannot write the answer: {error}").into())
}

fn with_times(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(with_times).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| match value.as_i64().filter(|_| is_time(&name)) {
                Some(ms) => (name, milliseconds(ms).into()),
                None => (name, with_times(value)),
            })
            .collect(),
        other => other,
    }
}

fn is_time(name: &str) -> bool {
    name.ends_with("_at") || matches!(name, "at" | "until" | "signs_from")
}

/// Rows under the heads of their columns, each column as wide as its widest cell. Empty without rows: heads alone say
/// nothing.
pub fn table<const N: usize>(heads: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let all: Vec<[String; N]> = iter::once(heads.map(str::to_owned)).chain(rows).collect();
    if all.len() == 1 {
        return String::new();
    }
    let widths: [usize; N] =
        array::from_fn(|at| all.iter().map(|cells| cells[at].chars().count()).max().unwrap_or_default());
    let line = |cells: &[String; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}
