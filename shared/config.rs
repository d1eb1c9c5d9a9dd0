//! Settings, read from environment variables once, at start-up.

use std::{env, fmt::Display, str::FromStr};

/// A setting that is missing or cannot be used. Its text names the variable and never repeats a secret.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// Says what is wrong with `variable`, as the rest of a sentence that starts with its name.
    pub fn new(variable: &'static str, problem: impl Display) -> Self {
        Self { variable, problem: problem.to_string() }
    }
}

/// The value of `variable`, or `None` when it is unset or empty.
pub fn optional(variable: &'static str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// The value of `variable`; an error when it is unset or empty.
pub fn required(variable: &'static str) -> Result<String, ConfigError> {
    optional(variable).ok_or_else(|| ConfigError::new(variable, "is not set"))
}

/// The value of `variable` read as a `T`, or `default` when it is unset or empty.
pub fn parsed<T: FromStr<Err: Display>>(variable: &'static str, default: T) -> Result<T, ConfigError> {
    match optional(variable) {
        None => Ok(default),
        Some(value) => {
            value.parse().map_err(|error| ConfigError::new(variable, format_args!("is not usable: {error}")))
        }
    }
}

/// Reads a variable that is `on` or `off`. Fails where it is something else.
pub fn switch(variable: &'static str, default: bool) -> Result<bool, ConfigError> {
    match optional(variable).as_deref() {
        None => Ok(default),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(ConfigError::new(variable, "must be on or off")),
    }
}
