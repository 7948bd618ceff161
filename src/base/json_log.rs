//! The lines of the log as JSON. tracing-subscriber's own formatter reads the fields of the span again for each line, to write
//! them once more; here they are written once. Server side.

use std::{cell::RefCell, fmt, fmt::Write as _};

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

use super::{rfc3339, state::time_of_day};

/// A line: time, level, the fields of the event, and those of the span that it happened in.
pub struct JsonEvent;

impl<S, N> FormatEvent<S, N> for JsonEvent
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        out.write_str("{\"timestamp\":\"")?;
        write_time(&mut out)?;
        let level = event.metadata().level().as_str();
        ["\",\"level\":\"", level, "\""].iter().try_for_each(|word| out.write_str(word))?;
        JsonFields.format_fields(out.by_ref(), event)?;
        if let Some(span) = context.lookup_current() {
            [",\"span\":{\"name\":\"", span.name(), "\""].iter().try_for_each(|word| out.write_str(word))?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                out.write_str(&fields.fields)?;
            }
            out.write_char('}')?;
        }
        out.write_str("}\n")
    }
}

thread_local! {
    /// What the last line of this thread had of its time: all that changes once a second.
    static SECOND: RefCell<(u64, String)> = RefCell::default();
}

/// The time of day to the microsecond (RFC 3339).
fn write_time(out: &mut Writer<'_>) -> fmt::Result {
    let now = time_of_day();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.as_secs() {
            *second = now.as_secs();
            *text = rfc3339::seconds(i64::try_from(now.as_millis()).unwrap_or_default());
        }
        out.write_str(text.trim_end_matches('Z'))
    })?;
    let mut digits = itoa::Buffer::new();
    // Six of them, with zeros in front.
    let micros = digits.format(1_000_000 + now.subsec_micros());
    [".", &micros[1..], "Z"].iter().try_for_each(|word| out.write_str(word))
}

/// Fields as JSON, each behind a comma: they never stand first.
pub struct JsonFields;

impl<'a> FormatFields<'a> for JsonFields {
    fn format_fields<R: RecordFields>(&self, out: Writer<'a>, fields: R) -> fmt::Result {
        let mut visitor = JsonVisitor { out, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }

    fn add_fields(&self, current: &'a mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

struct JsonVisitor<'a> {
    out: Writer<'a>,
    result: fmt::Result,
}

impl JsonVisitor<'_> {
    /// Piece by piece: `format_args!` in `format_args!` costs more than all the rest.
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        // What the crate `log` says of itself is no part of a line.
        if self.result.is_err() || field.name().starts_with("log.") {
            return;
        }
        let name = field.name().strip_prefix("r#").unwrap_or(field.name());
        let before = [",\"", name, "\":"];
        self.result = before.iter().try_for_each(|word| self.out.write_str(word)).and_then(|()| value(&mut self.out));
    }
}

impl Visit for JsonVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |out| write!(out, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |out| out.write_str(itoa::Buffer::new().format(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |out| out.write_str(itoa::Buffer::new().format(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        self.put(field, |out| write!(out, "{}", serde_json::Value::from(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |out| quoted(out, |mut text| text.write_str(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, |out| quoted(out, |mut text| write!(text, "{value:?}")));
    }
}

fn quoted(out: &mut Writer<'_>, text: impl FnOnce(InQuotes<'_, '_>) -> fmt::Result) -> fmt::Result {
    out.write_char('"')?;
    text(InQuotes(out))?;
    out.write_char('"')
}

/// Text within a string of JSON.
struct InQuotes<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for InQuotes<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if text.bytes().all(is_plain) {
            return self.0.write_str(text);
        }
        let quoted = serde_json::Value::from(text).to_string();
        self.0.write_str(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default())
    }
}
