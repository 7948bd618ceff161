//! How the log is written. What comes from outside (a path, a Host, a browser's name) can neither look like a field of ours
//! nor steer the terminal of who reads it. Server side.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fmt::{self, Write as _},
    io::{self, IsTerminal},
    sync::OnceLock,
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    filter::LevelFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::{
    config::{Config, LogFormat},
    json_log::{JsonEvent, JsonFields},
    log_context,
    log_lines::{Lines, Writer},
};

/// Sets up the log and what a panic says. Called once, by the command line.
pub fn start(config: &Config) {
    begin(subscriber(config, io::stderr().is_terminal(), io::stderr));
}

/// As [`start`], for a server: no request waits for its line. Keep what is returned until the end: it writes what is left.
pub fn start_in_background(config: &Config) -> Writer {
    let lines = LINES.get_or_init(Lines::default);
    begin(subscriber(config, io::stderr().is_terminal(), move || lines));
    lines.written_to(io::stderr())
}

pub fn dropped_lines() -> u64 {
    LINES.get().map_or(0, Lines::dropped)
}

/// Of the one log of this process.
static LINES: OnceLock<Lines> = OnceLock::new();

fn begin(subscriber: Box<dyn Subscriber + Send + Sync>) {
    subscriber.init();
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        let trace = Backtrace::capture();
        let trace = (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string());
        let words = panic.payload_as_str().unwrap_or("unknown");
        tracing::error!(panic = words, at = at.as_deref(), trace = trace.as_deref(), "the program panicked");
    }));
}

/// The log, into whatever `open` opens for each line.
pub fn subscriber<W: io::Write + 'static>(
    config: &Config,
    colours: bool,
    open: impl Fn() -> W + Send + Sync + 'static,
) -> Box<dyn Subscriber + Send + Sync> {
    // The setting has the last word.
    let filter = config.log.clone();
    let log = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE);
    match config.log_format() {
        LogFormat::Json => {
            let log = log.event_format(JsonEvent).fmt_fields(JsonFields);
            Box::new(log.with_writer(move || JsonLines(open())).finish().with(filter))
        }
        LogFormat::Text => {
            let format = format().with_target(false).with_ansi(colours);
            let log = log.with_ansi(colours).fmt_fields(TextFields).event_format(TextEvent(format));
            Box::new(log.with_writer(open).finish().with(filter))
        }
    }
}

/// Controls of terminals, marks that turn the direction of writing, and what some readers take for the end of a line.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || c.is_control()
}

/// With everything visible except ends of lines and tabs, as JSON writes it within a string. A joiner stays between two
/// signs beyond ASCII: emoji and words of many languages need it, it turns nothing, and it hides in no word of ours.
pub fn visible(text: &str) -> String {
    let joins = |c: char| !c.is_ascii() && !is_hidden(c);
    let mut shown = String::with_capacity(text.len());
    let (mut before, mut rest) = (' ', text.chars().peekable());
    while let Some(c) = rest.next() {
        let is_joiner = matches!(c, '\u{200c}' | '\u{200d}') && joins(before) && rest.peek().is_some_and(|c| joins(*c));
        if !matches!(c, '\n' | '\t') && is_hidden(c) && !is_joiner {
            // To write into a string cannot fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
        before = c;
    }
    shown
}

/// JSON hides no more than ASCII's controls. The others can stand within its strings only, so they are replaced in the
/// finished line.
struct JsonLines<W>(W);

impl<W: io::Write> io::Write for JsonLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Nearly every line. Every byte is asked, so that many are asked at once.
        if line.iter().fold(true, |all_are, byte| all_are & matches!(byte, b' '..=b'~' | b'\n')) {
            self.0.write_all(line)?;
        } else {
            self.0.write_all(visible(&String::from_utf8_lossy(line)).as_bytes())?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// As tracing-subscriber writes it, with the request at the end.
struct TextEvent(format::Format);

impl<S, N> FormatEvent<S, N> for TextEvent
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: format::Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, format::Writer::new(&mut line), event)?;
        out.write_str(line.trim_end_matches('\n'))?;
        let mut fields = Vec::new();
        log_context::each_field(|name, value| {
            fields.push(if is_word(value) { format!("{name}={value}") } else { format!("{name}={value:?}") });
        });
        if fields.is_empty() { writeln!(out) } else { writeln!(out, " request{{{}}}", fields.join(" ")) }
    }
}

/// Fields as text: `name=value`, in quotes where the value is more than a word.
struct TextFields;

impl<'a> FormatFields<'a> for TextFields {
    fn format_fields<R: RecordFields>(&self, mut out: format::Writer<'a>, fields: R) -> fmt::Result {
        let mut visitor = TextVisitor { text: String::new(), is_coloured: out.has_ansi_escapes() };
        fields.record(&mut visitor);
        out.write_str(&visitor.text)
    }
}

struct TextVisitor {
    text: String,
    is_coloured: bool,
}

impl Visit for TextVisitor {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.put("message", &visible(value).replace('\n', "\\n")),
            name if is_word(value) => self.put(name, value),
            name => self.put(name, &format!("{value:?}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// What cannot be taken for two fields, nor for the end of a span.
fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'=' | b'\\' | b'{' | b'}');
    !text.is_empty() && text.bytes().all(fits)
}

impl TextVisitor {
    fn put(&mut self, name: &str, shown: &str) {
        // What the crate `log` says of itself is no part of a line.
        if name.starts_with("log.") {
            return;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        match (name.trim_start_matches("r#"), self.is_coloured) {
            ("message", _) => self.text.push_str(shown),
            (name, true) => self.text.extend(["\x1b[3m", name, "\x1b[0m\x1b[2m=\x1b[0m", shown]),
            (name, false) => self.text.extend([name, "=", shown]),
        }
    }
}
