//! Logs on standard output: JSON lines on AWS, readable ones where `LOG_FORMAT` is `text`.

use tracing_subscriber::{filter::LevelFilter, fmt};

use crate::config;

/// Sends every log event of the process to standard output, and panics along with them.
///
/// `LOG_LEVEL` is one of `error`, `warn`, `info` (the default), `debug` and `trace`; anything else counts as
/// `info`, since a logger that refuses to start would hide why.
pub fn start() {
    let level = config::parsed("LOG_LEVEL", LevelFilter::INFO).unwrap_or(LevelFilter::INFO);
    let builder = fmt().with_max_level(level).with_target(false);
    if config::optional("LOG_FORMAT").as_deref() == Some("text") {
        builder.init();
    } else {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).init();
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a value that is no text");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(panic = message, place, "panicked");
    }));
}
