//! The lines of the log as JSON. tracing-subscriber's own formatter reads the fields of the span again for each line, to write
//! them once more; here they are written once. Server side.

use std::fmt;

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::Record,
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// A line: time, level, the fields of the event, and those of the span that it happened in.
pub struct JsonEvent;

impl<S, N> FormatEvent<S, N> for JsonEvent
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        out.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut out)?;
        write!(out, "\",\"level\":\"{}\"", event.metadata().level())?;
        JsonFields.format_fields(out.by_ref(), event)?;
        if let Some(span) = context.lookup_current() {
            write!(out, ",\"span\":{{\"name\":\"{}\"", span.name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                out.write_str(&fields.fields)?;
            }
            out.write_char('}')?;
        }
        out.write_str("}\n")
    }
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
    fn put(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // What the crate `log` says of itself is no part of a line.
        if self.result.is_ok() && !field.name().starts_with("log.") {
            self.result = write!(self.out, ",\"{}\":{value}", field.name().trim_start_matches("r#"));
        }
    }
}

impl Visit for JsonVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        self.put(field, format_args!("{}", serde_json::Value::from(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = |byte: u8| byte >= b' ' && !matches!(byte, b'"' | b'\\');
        match value.bytes().all(is_plain) {
            true => self.put(field, format_args!("\"{value}\"")),
            false => self.put(field, format_args!("{}", serde_json::Value::from(value))),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
