//! Drops what cargo and cargo lambda print about every process they start.

use std::borrow::Cow;

/// The starts of such lines, sometimes in two writes.
const NOISE: [&str; 6] =
    ["INFO ", "Finished", "Running", "Blocking", "waiting for file lock", "`target/debug/"];
/// Part of a warning that each function prints.
const CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY is set";
/// What precedes the verb in the line about a function that has ended.
const COMMAND: &str = "ERROR command ";
const ENDS: [&str; 4] = ["exited", "killed", "stopped", "ended"];
/// Ids without a use here: no trace is collected, and requests have ids of their own.
const IDS: [(&str, &str); 2] = [("Lambda runtime invoke{", "}:"), (" trace_id=\"", "\"")];

/// A line of `cargo lambda watch`.
pub struct Line<'a> {
    text: &'a str,
    plain: String,
}

impl<'a> Line<'a> {
    /// Reads a line, perhaps with colors.
    pub fn new(text: &'a str) -> Self {
        Self { text, plain: without_colors(text) }
    }

    /// Returns what to print of it.
    pub fn shown(&self) -> Option<String> {
        let start = self.plain.trim_start_matches(' ');
        let is_noise = NOISE.iter().any(|noise| start.starts_with(noise)) || self.plain.contains(CONCURRENCY);
        (!is_noise).then(|| without_ids(self.text))
    }

    /// Returns whether it says that a function has ended.
    pub fn is_end_of_function(&self) -> bool {
        let rest = self.plain.trim_start_matches(' ').strip_prefix(COMMAND);
        rest.is_some_and(|rest| ENDS.iter().any(|verb| rest.starts_with(verb)))
    }
}

/// Removes the escape sequences `ESC [ … m`.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        match rest.strip_prefix('m') {
            Some(rest) => plain += rest,
            None => plain.extend(["\x1b[", part]),
        }
    }
    plain
}

fn without_ids(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    for (start, end) in IDS {
        while let Some(shorter) = without_first(&text, start, end) {
            text = Cow::Owned(shorter);
        }
    }
    text.into_owned()
}

/// Removes what is from `start` to `end`, and a blank after a colon.
fn without_first(text: &str, start: &str, end: &str) -> Option<String> {
    let (before, rest) = text.split_once(start)?;
    let (_, after) = rest.split_once(end)?;
    let after = if end.ends_with(':') { after.strip_prefix(' ').unwrap_or(after) } else { after };
    Some([before, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_of_cargo_is_dropped_and_other_lines_stay() {
        for line in [
            "    Finished `dev` profile in 0.2s\n",
            "\x1b[1m\x1b[32m     Running\x1b[0m `target/debug/login`\n",
            "`target/debug/login`\n",
            " INFO starting lambda function\n",
            "2026 WARN AWS_LAMBDA_MAX_CONCURRENCY is set to 2\n",
        ] {
            assert_eq!(Line::new(line).shown(), None, "{line:?}");
        }
        for line in ["   Compiling shared\n", "error: Finished\n", "\x1b[31mred\x1b[0m\n", "\n", "\x1b[K\n"] {
            assert_eq!(Line::new(line).shown().as_deref(), Some(line));
        }
    }

    #[test]
    fn ids_are_removed_from_log_lines() {
        let line = "INFO: Lambda runtime invoke{requestId=\"1\" xrayTraceId=\"2\"}: GET /movies/ trace_id=\"3\" ms=4\n";
        assert_eq!(Line::new(line).shown().as_deref(), Some("INFO: GET /movies/ ms=4\n"));
        let line = "Lambda runtime invoke{ without an end\n";
        assert_eq!(Line::new(line).shown().as_deref(), Some(line));
    }

    #[test]
    fn end_of_function_is_recognized_in_color() {
        for line in ["ERROR command exited\n", " \x1b[31mERROR\x1b[0m command killed by signal 9\n"] {
            assert!(Line::new(line).is_end_of_function(), "{line:?}");
        }
        for line in ["ERROR command started\n", "login: ERROR command exited\n"] {
            assert!(!Line::new(line).is_end_of_function(), "{line:?}");
        }
    }
}
