//! Why a command ends early.

use std::{error::Error, fmt, io, path::Path};

/// The outcome of a step of a command.
pub type Result<T = ()> = std::result::Result<T, Problem>;

/// Why a command ends early.
#[derive(Debug)]
pub enum Problem {
    /// An error that the user can correct; its text is one sentence that says how.
    Error(String),
    /// A signal has arrived.
    Interrupted,
}

impl Problem {
    /// Returns a problem with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self::Error(sentence.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Error(sentence) => formatter.write_str(sentence),
            Self::Interrupted => formatter.write_str("a signal has ended the command."),
        }
    }
}

impl Error for Problem {}

/// Turns errors of the operating system into problems.
pub trait About<T> {
    /// Adds what the error is about: a file or a program.
    fn about(self, what: impl AsRef<Path>) -> Result<T>;
}

impl<T> About<T> for io::Result<T> {
    fn about(self, what: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| Problem::new(format!("{}: {error}.", what.as_ref().display())))
    }
}
