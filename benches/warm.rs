//! Measures invocations of a warm process.

use crate::{
    measure::{Figures, Process, Report, Subject, Target, Unit, requests},
    support::template::Function,
};

const WARM_UP: usize = 50;
const BLOCKS: usize = 40;
/// As each request takes a hash longer.
const BLOCKS_OF_HASHES: usize = 8;
/// How many requests go to one process before the others' turn.
const BLOCK: usize = 25;

/// A process, with the times of its invocations.
struct Measured {
    process: Process,
    wall: Figures,
    cpu: Figures,
}

impl Measured {
    fn new(process: Process) -> Self {
        Self { process, wall: Figures::default(), cpu: Figures::default() }
    }

    /// Sends a block of requests.
    fn add(&mut self, function: &Function, events: &[Vec<u8>]) {
        let process = &mut self.process;
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
        let runs = WARM_UP + BLOCK * if is_hashing { BLOCKS_OF_HASHES } else { BLOCKS };
        let subject = Subject::record_request(&request, runs).await;
        let (own, bare, replayed) = (subject.stage().await, subject.stage().await, subject.stage().await);
        let events: Vec<_> = (0..runs).map(|run| subject.event(&own, run)).collect();
        let (limit, limit_name) = subject.start_limit(&bare, 0..runs);
        let replay = subject.start_bare(subject.bare(), &replayed, 0..runs, &[]);
        let mut processes = [subject.start(&own, &[]), limit, replay].map(Measured::new);
        let (warm_up, events) = events.split_at(WARM_UP);
        for measured in &mut processes {
            measured.add(function, warm_up);
            (measured.wall, measured.cpu) = Default::default();
        }
        for block in events.chunks(BLOCK) {
            for measured in &mut processes {
                measured.add(function, block);
            }
        }
        let [measured, limit, replay] = &processes;
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
        let (cpu, most) = (Some((subject.bare(), &replay.cpu)), Some(Target::UpToTimes(1.2)));
        report.add("warm invocation, processor", name, Unit::Milliseconds, &measured.cpu, cpu, most);
    }
}
