//! Measures a password hash alone.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// A running `bare_hash`, which only verifies a wrong password against a stored hash.
pub struct Hash {
    stored: String,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Hash {
    /// Starts it for `stored`, a PHC string.
    pub fn start(stored: String) -> Self {
        let mut command = Command::new(super::executable("bare_hash"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let input = process.stdin.take().expect("it is piped");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { stored, process, input, output }
    }

    /// Computes one hash.
    pub fn compute(&mut self) -> Duration {
        writeln!(self.input, "{}", self.stored).expect("the program is running");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the program answers");
        Duration::from_nanos(line.trim().parse().expect("the program prints nanoseconds"))
    }
}

impl Drop for Hash {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
