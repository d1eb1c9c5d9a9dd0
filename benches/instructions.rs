//! Counts the instructions of a warm request, without the kernel's, by callgrind (<https://valgrind.org>).
//!
//! Two counts of one program differ by one or two per cent, because the data arrive in different pieces. Valgrind's
//! processor lacks the instructions for SHA-256, so hashing counts about twenty times as much as on a real one.
//! `callgrind_annotate target/bench/instructions/list_movies.300` says where they are, if the executable has symbols.

use std::{fs, ops::Range};

use crate::measure::{self, Figures, Report, Subject, Target, Unit, functions};

/// The requests of a short and of a long run, whose difference has neither the start nor the first requests.
const RUNS: [usize; 2] = [100, 300];

pub async fn run(report: &mut Report) {
    fs::create_dir_all(measure::target().join("bench/instructions")).expect("the target folder is writable");
    for function in functions() {
        if function.routes.is_empty() || Subject::hashes(&function) {
            continue;
        }
        let subject = Subject::record(&function, RUNS[1]).await;
        let bare = subject.bare();
        let own = per_request(&subject, &function.executable).await;
        let limit = per_request(&subject, bare).await;
        report.add(
            "warm invocation, instructions",
            &function.executable,
            Unit::Count,
            &Figures::from(own),
            Some((bare, &Figures::from(limit))),
            Some(Target::UpToTimes(1.15)),
        );
    }
}

/// Returns the instructions of a request to the subject's function, or to the bare program of this name.
async fn per_request(subject: &Subject, executable: &str) -> f64 {
    let mut counts = [0; 2];
    for (runs, count) in RUNS.into_iter().zip(&mut counts) {
        *count = total(subject, executable, 0..runs).await;
    }
    (counts[1] - counts[0]) as f64 / (RUNS[1] - RUNS[0]) as f64
}

/// Returns the instructions of a whole process that answers these requests.
async fn total(subject: &Subject, executable: &str, runs: Range<usize>) -> u64 {
    let is_own = executable == subject.function.executable;
    let name =
        if is_own { executable.to_owned() } else { format!("{executable}.{}", subject.function.executable) };
    let counts = measure::target().join(format!("bench/instructions/{name}.{}", runs.len()));
    let variables = [(measure::CALLGRIND_OUT, counts.to_str().expect("the target folder's name is text"))];
    let stage = subject.stage().await;
    let mut process = if is_own {
        subject.start(&stage, &variables)
    } else {
        // Reads all requests in both runs, because reading them takes instructions too.
        subject.start_bare(executable, &stage, 0..RUNS[1], &variables)
    };
    for run in runs {
        process.invoke(&subject.event(&stage, run)).assert_success(&subject.function);
    }
    process.terminate();
    let text = fs::read_to_string(&counts).expect("callgrind wrote its counts");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).expect("callgrind wrote the total")
}
