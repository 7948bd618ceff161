//! The lines of the log as JSON. tracing-subscriber's own formatter is slower by a multiple, and knows nothing of
//! requests. Server side.

use std::{cell::RefCell, fmt, fmt::Write as _, mem};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::Record,
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

use super::{log_context, rfc3339, state::time_of_day};

/// A line: time, level, the fields of the event, those of the span that it happened in (a job), and those of the request.
pub struct JsonEvent;

impl<S, N> FormatEvent<S, N> for JsonEvent
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // In a text of its own: what is written piece by piece to `out` goes through a table of functions each time.
        let mut line = String::with_capacity(USUAL_BYTES);
        line.push_str("{\"timestamp\":\"");
        push_time(&mut line);
        line.extend(["\",\"level\":\"", event.metadata().level().as_str(), "\""]);
        event.record(&mut JsonVisitor(&mut line));
        if let Some(span) = context.lookup_current() {
            line.extend([",\"span\":{\"name\":\"", span.name(), "\""]);
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.push_str(&fields.fields);
            }
            line.push('}');
        }
        let mut before = ",\"request\":{\"";
        log_context::each_field(|name, value| {
            line.extend([mem::replace(&mut before, ",\""), name, "\":"]);
            push_quoted(&mut line, value);
        });
        line.push_str(if before == ",\"" { "}}\n" } else { "}\n" });
        out.write_str(&line)
    }
}

/// A line of a request takes no more.
const USUAL_BYTES: usize = 256;

thread_local! {
    /// What the last line of this thread had of its time: all that changes once a second.
    static SECOND: RefCell<(u64, String)> = RefCell::default();
}

/// The time of day to the microsecond (RFC 3339).
fn push_time(line: &mut String) {
    let now = time_of_day();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.as_secs() {
            *second = now.as_secs();
            *text = rfc3339::seconds(i64::try_from(now.as_millis()).unwrap_or_default());
        }
        line.push_str(text.trim_end_matches('Z'));
    });
    let mut digits = itoa::Buffer::new();
    // Six of them, with zeros in front.
    let micros = digits.format(1_000_000 + now.subsec_micros());
    line.extend([".", &micros[1..], "Z"]);
}

/// Fields as JSON, each behind a comma: they never stand first.
pub struct JsonFields;

impl<'a> FormatFields<'a> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut out: Writer<'a>, fields: R) -> fmt::Result {
        let mut text = String::new();
        fields.record(&mut JsonVisitor(&mut text));
        out.write_str(&text)
    }

    fn add_fields(&self, current: &'a mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

struct JsonVisitor<'a>(&'a mut String);

impl JsonVisitor<'_> {
    fn put(&mut self, field: &Field, push_value: impl FnOnce(&mut String)) {
        // What the crate `log` says of itself is no part of a line.
        if !field.name().starts_with("log.") {
            self.0.extend([",\"", field.name().strip_prefix("r#").unwrap_or(field.name()), "\":"]);
            push_value(self.0);
        }
    }
}

impl Visit for JsonVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |line| line.push_str(if value { "true" } else { "false" }));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |line| line.push_str(itoa::Buffer::new().format(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |line| line.push_str(itoa::Buffer::new().format(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        self.put(field, |line| line.push_str(&serde_json::Value::from(value).to_string()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |line| push_quoted(line, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, |line| {
            let start = line.len();
            // To write into a text cannot fail.
            let _ = write!(line, "\"{value:?}\"");
            if !line[start + 1..line.len() - 1].bytes().all(is_plain) {
                let text = line.split_off(start);
                push_quoted(line, &text[1..text.len() - 1]);
            }
        });
    }
}

/// Whether JSON writes it within a text as it is.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

fn push_quoted(line: &mut String, text: &str) {
    if text.bytes().all(is_plain) {
        line.extend(["\"", text, "\""]);
    } else {
        line.push_str(&serde_json::Value::from(text).to_string());
    }
}
