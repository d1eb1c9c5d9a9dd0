//! Settings, read from environment variables once, at startup.

use std::{env, fmt::Display, str::FromStr};

use lambda_http::http::Uri;

/// A setting that is missing or invalid. The message names the variable and never contains a secret.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// Returns the error for `variable`. `problem` completes a sentence that starts with the variable's name.
    pub fn new(variable: &'static str, problem: impl Display) -> Self {
        Self { variable, problem: problem.to_string() }
    }
}

/// Returns the value of `variable`, or `None` if it is unset or empty.
pub fn optional(variable: &'static str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Returns the value of `variable`. Fails if it is unset or empty.
pub fn required(variable: &'static str) -> Result<String, ConfigError> {
    optional(variable).ok_or_else(|| ConfigError::new(variable, "is not set"))
}

/// Returns the value of `variable` parsed as a `T`, or `default` if it is unset or empty. Fails if it cannot
/// be parsed.
pub fn parsed<T: FromStr<Err: Display>>(variable: &'static str, default: T) -> Result<T, ConfigError> {
    match optional(variable) {
        None => Ok(default),
        Some(value) => {
            value.parse().map_err(|error| ConfigError::new(variable, format_args!("is not usable: {error}")))
        }
    }
}

/// Reads a variable that is `on` or `off`. Fails if it is something else.
pub fn switch(variable: &'static str, default: bool) -> Result<bool, ConfigError> {
    match optional(variable).as_deref() {
        None => Ok(default),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(ConfigError::new(variable, "must be on or off")),
    }
}

/// Returns `url`, which `variable` sets, without slashes at its end. Fails if it is not an HTTP URL, or has a query or a
/// fragment.
pub fn base_url(variable: &'static str, url: &str) -> Result<String, ConfigError> {
    let is_http = |parsed: Uri| matches!(parsed.scheme_str(), Some("http" | "https"));
    if url.parse().is_ok_and(is_http) && !url.contains(['?', '#']) {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(ConfigError::new(
            variable,
            "must be an address such as https://movies.example.com, without query or fragment",
        ))
    }
}
