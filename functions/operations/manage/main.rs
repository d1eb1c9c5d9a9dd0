//! The operations tool: an event names a command, the answer says what was done.

fn main() {}
