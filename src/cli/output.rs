//! What a command prints: a line, JSON, a table. Server side.

use std::io::{self, Write};

use serde::Serialize;

use super::failed::Failed;
use crate::base::logging;

/// `println!` for commands: who reads may stop reading, as `head` does, and that is no fault.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::output::say_line(format_args!($($words)*))
    };
}
pub(super) use say;

/// Writes a line to standard output; ends the program where nobody reads it any more. Names and addresses that somebody
/// chose must not steer the terminal.
pub fn say_line(words: std::fmt::Arguments<'_>) {
    let Err(error) = writeln!(io::stdout().lock(), "{}", logging::visible(&words.to_string())) else { return };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    eprintln!("latchkey: the answer cannot be written: {error}");
    std::process::exit(1);
}

/// One document, over several lines.
pub fn say_json(value: &impl Serialize) -> Result<(), Failed> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// One document on one line.
pub fn say_json_line(value: &impl Serialize) -> Result<(), Failed> {
    say!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Rows under the heads of their columns. A column has a head and a width; what is wider moves the rest of its row.
pub fn say_table<const N: usize>(columns: [(&str, usize); N], rows: impl IntoIterator<Item = [String; N]>) {
    let heads = columns.map(|(head, _)| head.to_owned());
    for cells in std::iter::once(heads).chain(rows) {
        let padded = cells.iter().zip(columns).map(|(cell, (_, width))| format!("{cell:<width$}"));
        say!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}
