//! Measures the peak resident memory of a process after some requests.

use crate::{
    measure::{Figures, Report, Subject, Target, Unit, functions},
    support::budget::Budget,
};

const PROCESSES: usize = 5;
const REQUESTS: usize = 20;

pub async fn run(report: &mut Report) {
    let budget = Budget::read();
    for function in functions() {
        let subject = Subject::record(&function, PROCESSES * REQUESTS).await;
        let (own, bare) = (subject.stage().await, subject.stage().await);
        let (mut peaks, mut bares) = (Figures::default(), Figures::default());
        for first in (0..PROCESSES * REQUESTS).step_by(REQUESTS) {
            let mut process = subject.start(&own, &[]);
            let mut limit = subject.start_bare(subject.bare(), &bare, first..first + REQUESTS, &[]);
            for run in first..first + REQUESTS {
                process.invoke(&subject.event(&own, run)).assert_success(&function);
                limit.invoke(&subject.bare_event(&bare, run)).assert_success(&function);
            }
            peaks.push(process.peak_memory());
            bares.push(limit.peak_memory());
        }
        let hash = if subject.is_hashing() { budget.hash_mib } else { 0.0 };
        let target = Some(Target::UpTo(budget.resident_mib + hash));
        let limit = Some((subject.bare(), &bares));
        report.add("peak memory", &function.executable, Unit::Mebibytes, &peaks, limit, target);
    }
}
