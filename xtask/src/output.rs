//! Prints lines. A reader of the output may end first (`make dev | head -1`), which is not an error.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use crate::problem::{About, Result};

/// Prints a line. Fails if it cannot be written, but not without a reader.
pub fn line(text: impl Display) -> Result {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).about("standard output"),
        _ => Ok(()),
    }
}

/// Prints text beside the results, if that is possible.
pub fn note(text: impl Display) {
    let _ = write!(io::stderr(), "{text}");
}
