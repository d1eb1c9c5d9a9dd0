//! Writes each log event as one flat JSON object: its own fields, then those of its span.

use std::{
    fmt::Debug,
    io::{self, Write},
};

use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::logging::metrics;

/// A layer that writes each event as a line of JSON.
pub struct JsonLines<W> {
    write: W,
}

impl JsonLines<fn(&[u8])> {
    /// Writes to standard output. Drops lines that cannot be written, because they cannot be reported
    /// anywhere else.
    pub fn to_stdout() -> Self {
        JsonLines::to(|line| drop(io::stdout().write_all(line)))
    }
}

impl<W: Fn(&[u8])> JsonLines<W> {
    /// Writes each line, including its line break, to `write`.
    fn to(write: W) -> Self {
        Self { write }
    }
}

/// The members that a span adds to its events.
struct SpanMembers(Members);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut members = Members(Vec::with_capacity(128));
        attributes.record(&mut members);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanMembers(members));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context.lookup_current();
        let extensions = span.as_ref().map(|span| span.extensions());
        let span_members = extensions.as_ref().and_then(|extensions| extensions.get::<SpanMembers>());
        let mut line = Members(Vec::with_capacity(1024));
        line.member("timestamp", &Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true));
        line.member("level", event.metadata().level().as_str());
        event.record(&mut line);
        let Members(mut line) = line;
        if let Some(SpanMembers(Members(members))) = span_members {
            line.extend_from_slice(members);
        }
        line[0] = b'{';
        line.extend_from_slice(b"}\n");
        (self.write)(&line);
    }
}

/// The members of a JSON object as text, each after a comma.
struct Members(Vec<u8>);

impl Members {
    /// Adds a member, unless its value has no JSON type.
    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let Self(text) = self;
        let start = text.len();
        text.push(b',');
        let written = serde_json::to_writer(&mut *text, name).and_then(|()| {
            text.push(b':');
            serde_json::to_writer(&mut *text, value)
        });
        if written.is_err() {
            text.truncate(start);
        }
    }

    /// Adds the members of an object that formats as JSON. Returns whether it does.
    fn members_of(&mut self, object: &dyn Debug) -> bool {
        let Self(text) = self;
        let start = text.len();
        let is_written = write!(text, "{object:?}").is_ok();
        if is_written && matches!(text[start..], [b'{', _, .., b'}']) {
            text[start] = b',';
            text.pop();
            return true;
        }
        text.truncate(start);
        false
    }
}

impl Visit for Members {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != metrics::FIELD || !self.members_of(value) {
            self.member(field.name(), &format_args!("{value:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::logging::metrics::{Metric, Metrics};

    /// Returns the lines that `work` logs.
    fn lines(work: impl FnOnce()) -> Vec<String> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let output = Arc::clone(&written);
        let lines = JsonLines::to(move |line: &[u8]| output.lock().unwrap().extend_from_slice(line));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn names(line: &str) -> Vec<String> {
        let members: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        members.keys().cloned().collect()
    }

    #[test]
    fn log_line_has_event_fields_then_span_fields() {
        let lines = lines(|| {
            let absent = None::<&str>;
            let span = tracing::info_span!("request", request_id = "a \"b\"", trace_id = absent, attempt = 2);
            span.in_scope(|| {
                let error = std::io::Error::other("no \\ way");
                tracing::warn!(took = 1.5, count = 3_u64, is_new = true, absent, %error, user = ?Some(1), "said \"{}\"", "x\ny");
            });
            tracing::info!("outside");
        });
        assert_eq!(lines.len(), 2);
        let mut line: Value = serde_json::from_str(&lines[0]).unwrap();
        let time = line["timestamp"].take();
        assert!(
            time.as_str().is_some_and(|time| time.len() == "2026-11-23T00:49:54.000345Z".len()),
            "{time}"
        );
        let expected = json!({
            "timestamp": null, "level": "WARN", "message": "said \"x\ny\"", "took": 1.5, "count": 3, "is_new": true,
            "error": "no \\ way", "user": "Some(1)", "request_id": "a \"b\"", "attempt": 2,
        });
        assert_eq!(line, expected);
        let order = [
            "timestamp",
            "level",
            "message",
            "took",
            "count",
            "is_new",
            "error",
            "user",
            "request_id",
            "attempt",
        ];
        assert_eq!(names(&lines[0]), order);
        assert_eq!(names(&lines[1]), ["timestamp", "level", "message"]);
    }

    #[test]
    fn metrics_are_members_of_the_log_line() {
        let lines = lines(|| {
            let metrics =
                Metrics::new([Metric::count("Requests", 1)]).by("detail", [Metric::count("Errors", 1)]);
            tracing::info!(status = 404, detail = "Not Found", _aws = %metrics, "answered");
        });
        let names = names(&lines[0]);
        assert_eq!(
            names,
            ["timestamp", "level", "message", "status", "detail", "_aws", "Requests", "Errors"]
        );
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["_aws"]["CloudWatchMetrics"][1]["Dimensions"], json!([["detail"]]));
        assert_eq!((&line["Requests"], &line["Errors"]), (&json!(1), &json!(1)));
    }
}
