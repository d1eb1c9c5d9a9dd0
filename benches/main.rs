//! Measures the functions, each figure against a limit from the same run (Linux). `make bench` builds the executables,
//! and docs/change/performance.md explains the figures.
//!
//! `ONLY` selects groups of figures, `FUNCTIONS` selects executables.

#[path = "support/mod.rs"]
mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

mod accounts;
mod burst;
mod database;
mod depth;
mod import;
mod instructions;
mod memory;
mod round_trips;
mod search;
mod secrets;
mod size;
mod start;
mod statements;
mod warm;

use measure::Report;

/// Every group of figures, in the order of the table.
const TABLE: [&str; 10] =
    ["database", "start", "secrets", "warm", "memory", "size", "accounts", "import", "round_trips", "depth"];
/// Groups that only run if `ONLY` names them, because they take long and have no limits, or need
/// valgrind.
const MORE: [&str; 5] = ["burst", "import_memory", "instructions", "search", "statements"];

#[tokio::main]
async fn main() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let named: Vec<_> = only.split_whitespace().collect();
    for name in &named {
        assert!(TABLE.contains(name) || MORE.contains(name), "ONLY is one of {TABLE:?} and {MORE:?}");
    }
    let mut report = Report::default();
    for group in if named.is_empty() { TABLE.to_vec() } else { named } {
        match group {
            "database" => database::run(&mut report).await,
            "start" => start::run(&mut report).await,
            "secrets" => secrets::run(&mut report).await,
            "warm" => warm::run(&mut report).await,
            "memory" => memory::run(&mut report).await,
            "size" => size::run(&mut report),
            "accounts" => accounts::run(&mut report).await,
            "import" => import::run(&mut report).await,
            "round_trips" => round_trips::run(&mut report).await,
            "depth" => depth::run(&mut report).await,
            "burst" => burst::run(&mut report).await,
            "import_memory" => import::memory(&mut report).await,
            "instructions" => instructions::run(&mut report).await,
            "search" => search::run(&mut report).await,
            "statements" => statements::run().await,
            _ => unreachable!("the names were checked"),
        }
    }
    report.finish(&measure::target().join("bench/report.json"));
}
