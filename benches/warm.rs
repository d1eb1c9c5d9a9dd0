//! Measures invocations of a warm process.

use crate::{
    measure::{Figures, Process, Report, Subject, Target, Unit, requests},
    support::template::Function,
};

/// How many processes of each program answer, one after the other: their times differ more than those of one process.
const PROCESSES: usize = 5;
const WARM_UP: usize = 50;
/// The blocks of each process.
const BLOCKS: usize = 8;
/// As each request takes a hash longer.
const BLOCKS_OF_HASHES: usize = 2;
/// How many requests go to one process before the others' turn.
const BLOCK: usize = 25;

/// The times of a program's invocations.
#[derive(Default)]
struct Times {
    wall: Figures,
    cpu: Figures,
}

impl Times {
    /// Sends a block of requests.
    fn add(&mut self, process: &mut Process, function: &Function, events: &[Vec<u8>]) {
        process.idle();
        let cpu = process.cpu();
        let outcomes: Vec<_> = events.iter().map(|event| process.invoke(event)).collect();
        process.idle();
        self.cpu.push((process.cpu() - cpu).as_secs_f64() * 1000.0 / events.len() as f64);
        for outcome in outcomes {
            self.wall.push_time(outcome.took);
            outcome.assert_success(function);
        }
    }
}

pub async fn run(report: &mut Report) {
    for request in requests() {
        let (name, function) = (&request.name, &request.function);
        let is_hashing = Subject::hashes(function);
        if function.routes.is_empty() || (is_hashing && name != "login") {
            continue;
        }
        let each = WARM_UP + BLOCK * if is_hashing { BLOCKS_OF_HASHES } else { BLOCKS };
        let subject = Subject::record_request(&request, PROCESSES * each).await;
        let (own, bare, replayed) = (subject.stage().await, subject.stage().await, subject.stage().await);
        let mut limit_name = "";
        let mut times = [Times::default(), Times::default(), Times::default()];
        for runs in (0..PROCESSES).map(|process| process * each..(process + 1) * each) {
            let events: Vec<_> = runs.clone().map(|run| subject.event(&own, run)).collect();
            let limit;
            (limit, limit_name) = subject.start_limit(&bare, runs.clone());
            let replay = subject.start_bare(subject.bare(), &replayed, runs, &[]);
            let mut processes = [subject.start(&own, &[]), limit, replay];
            let (warm_up, events) = events.split_at(WARM_UP);
            for process in &mut processes {
                Times::default().add(process, function, warm_up);
            }
            for block in events.chunks(BLOCK) {
                for (times, process) in times.iter_mut().zip(&mut processes) {
                    times.add(process, function, block);
                }
            }
        }
        let [measured, limit, replay] = &times;
        let most = match (is_hashing, subject.simplest(0)) {
            (true, _) => 1.05,
            (false, Some(_)) => 1.3,
            (false, None) => 1.2,
        };
        let wall = Some((limit_name, &limit.wall));
        report.add(
            "warm invocation",
            name,
            Unit::Milliseconds,
            &measured.wall,
            wall,
            Some(Target::UpToTimes(most)),
        );
        let (cpu, most) = (Some((subject.bare(), &replay.cpu)), Some(Target::UpToTimes(1.15)));
        report.add("warm invocation, processor", name, Unit::Milliseconds, &measured.cpu, cpu, most);
    }
}
