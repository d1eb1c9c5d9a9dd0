//! Environment variables.

use std::env;

/// Returns the value of an environment variable, or `None` if it is unset or empty.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
