//! What functions cost, each figure beside its limit in the same run (Linux). `make bench` builds what is
//! measured, and docs/change/performance.md says what the figures mean.
//!
//! `ONLY` names groups of figures to take, `FUNCTIONS` the executables to take them of.

#[path = "support/mod.rs"]
mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

mod accounts;
mod burst;
mod depth;
mod import;
mod memory;
mod round_trips;
mod search;
mod secrets;
mod size;
mod start;
mod warm;

use measure::Report;

/// Every group of figures, in the order of the table.
const TABLE: [&str; 9] =
    ["start", "secrets", "warm", "memory", "size", "accounts", "import", "round_trips", "depth"];
/// What is only measured when it is named: it takes long, and has no limit.
const MORE: [&str; 3] = ["burst", "import_memory", "search"];

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
            "search" => search::run(&mut report).await,
            _ => unreachable!("the names were checked"),
        }
    }
    report.finish(&measure::target().join("bench/report.json"));
}
