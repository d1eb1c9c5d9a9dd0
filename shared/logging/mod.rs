//! Logs on standard output: JSON lines on AWS, readable lines if `LOG_FORMAT` is `text`.

mod json;
pub mod metrics;

use std::{error::Error, time::Duration};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::Targets,
    fmt::{self, format::debug_fn},
    prelude::*,
};

use crate::config;

/// Writes every log event and panic of the process to standard output.
///
/// Drops debug and trace events: only libraries emit them, and some contain request data. Also drops
/// PostgreSQL's notices, which accompany every search with ignored words and can contain them.
pub fn start() {
    let filter = Targets::new()
        .with_default(LevelFilter::INFO)
        // The function's error, which is logged already.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target("sqlx::postgres::notice", LevelFilter::WARN);
    let registry = tracing_subscriber::registry().with(filter);
    if config::optional("LOG_FORMAT").as_deref() == Some("text") {
        let fields = debug_fn(|writer, field, value| match field.name() {
            metrics::FIELD => Ok(()),
            "message" => write!(writer, "{value:?} "),
            name => write!(writer, "{name}={value:?} "),
        });
        registry.with(fmt::layer().with_target(false).fmt_fields(fields)).init();
    } else {
        registry.with(json::JsonLines::to_stdout()).init();
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a payload that is not text");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(panic = message, place, "panicked");
    }));
}

/// Returns the error and its sources, outermost first, joined by colons. Omits a source whose text is already
/// part of the error before it.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut rest = Some(error);
    while let Some(error) = rest {
        // sqlx would add a line number of PostgreSQL's source.
        let database_error = match error.downcast_ref::<sqlx::Error>() {
            Some(sqlx::Error::Database(database_error)) => Some(database_error),
            _ => None,
        };
        let next = match database_error {
            Some(database_error) => {
                let code = database_error.code().unwrap_or_default();
                format!("the database refused: {} ({code})", database_error.message())
            }
            None => error.to_string(),
        };
        if !text.ends_with(&next) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&next);
        }
        rest = error.source().filter(|_| database_error.is_none());
    }
    text
}

/// Returns a duration in milliseconds, with microsecond precision.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
