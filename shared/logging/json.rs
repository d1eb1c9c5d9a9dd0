//! A log event as one JSON object without depth: its own members, then those of the request it belongs to.

use std::fmt::{self, Debug};

use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
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

use crate::logging::metrics;

/// The runtime logs there what an operation answered as its error, which we have logged already.
const REPEATED: &str = "lambda_runtime::layers::panic";

/// Writes events.
pub struct Lines;

/// Writes the fields of an event or span, a comma before each.
pub struct Members;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().target() == REPEATED {
            return Ok(());
        }
        writer.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\"", event.metadata().level())?;
        context.format_fields(writer.by_ref(), event)?;
        if let Some(span) = context.lookup_current()
            && let Some(members) = span.extensions().get::<FormattedFields<N>>()
        {
            writer.write_str(members)?;
        }
        writer.write_str("}\n")
    }
}

impl<'w> FormatFields<'w> for Members {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { writer, outcome: Ok(()) };
        fields.record(&mut visitor);
        visitor.outcome
    }
}

struct Visitor<'w> {
    writer: Writer<'w>,
    outcome: fmt::Result,
}

impl Visitor<'_> {
    fn member(&mut self, field: &Field, value: impl Serialize) {
        let value = serde_json::to_string(&value);
        self.write(|writer| write!(writer, ",\"{}\":{}", field.name(), value.map_err(|_| fmt::Error)?));
    }

    fn write(&mut self, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            self.outcome = write(&mut self.writer);
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == metrics::FIELD {
            self.write(|writer| write!(writer, ",{value:?}"));
        } else {
            self.member(field, format!("{value:?}"));
        }
    }
}
