//! Measures invocations of a warm process, and their rate.

use std::time::Instant;

use crate::{
    measure::{Figures, Process, Report, Subject, Target, Unit, functions},
    support::template::Function,
};

const WARM_UP: usize = 50;
const BLOCKS: usize = 40;
/// How many requests go to one process before the other's turn.
const BLOCK: usize = 25;

#[derive(Default)]
struct Invocations {
    wall: Figures,
    cpu: Figures,
    per_second: Figures,
}

impl Invocations {
    /// Sends a block of requests.
    fn add(&mut self, function: &Function, process: &mut Process, events: &[Vec<u8>]) {
        process.idle();
        let (began, cpu) = (Instant::now(), process.cpu());
        let outcomes: Vec<_> = events.iter().map(|event| process.invoke(event)).collect();
        process.idle();
        let (took, count) = (began.elapsed().as_secs_f64(), events.len() as f64);
        self.per_second.push(count / took);
        self.cpu.push((process.cpu() - cpu).as_secs_f64() * 1000.0 / count);
        for outcome in outcomes {
            self.wall.push_time(outcome.took);
            outcome.assert_success(function);
        }
    }
}

pub async fn run(report: &mut Report) {
    let runs = WARM_UP + BLOCKS * BLOCK;
    for function in functions() {
        if function.routes.is_empty() || Subject::hashes(&function) {
            continue;
        }
        let subject = Subject::record(&function, runs).await;
        let (own, bare) = (subject.stage().await, subject.stage().await);
        let mut process = subject.start(&own, &[]);
        let mut limit = subject.start_bare(subject.bare(), &bare, 0..runs, &[]);
        let events: Vec<_> = (0..runs).map(|run| subject.event(&own, run)).collect();
        let (mut invocations, mut limits) = (Invocations::default(), Invocations::default());
        let (warm_up, events) = events.split_at(WARM_UP);
        invocations.add(&function, &mut process, warm_up);
        limits.add(&function, &mut limit, warm_up);
        (invocations, limits) = Default::default();
        for block in events.chunks(BLOCK) {
            invocations.add(&function, &mut process, block);
            limits.add(&function, &mut limit, block);
        }
        let name = &function.executable;
        let (most, least) = (Some(Target::UpToTimes(1.2)), Some(Target::FromTimes(0.8)));
        for (figure, unit, measured, limit, target) in [
            ("warm invocation", Unit::Milliseconds, &invocations.wall, &limits.wall, most),
            ("warm invocation, processor", Unit::Milliseconds, &invocations.cpu, &limits.cpu, most),
            (
                "invocations of one process",
                Unit::PerSecond,
                &invocations.per_second,
                &limits.per_second,
                least,
            ),
        ] {
            report.add(figure, name, unit, measured, Some((subject.bare(), limit)), target);
        }
    }
}
