//! Measures cold starts: from the start of the process to its first poll of the Runtime API, and to its first response.
//! Compares a function with a bare program that only opens a connection and sends the cheapest statements with the same
//! rows, or the same statements.

use crate::{
    measure::{Figures, Process, Report, Subject, Target, Unit, requests},
    support::template::Function,
};

const WARM_UP: usize = 5;
const RUNS: usize = 50;

/// Times of cold starts.
#[derive(Default)]
pub struct Starts {
    first_poll: Figures,
    first_answer: Figures,
}

impl Starts {
    /// Adds the times of a process that has just started, with its response to `event`.
    pub fn add(&mut self, function: &Function, mut process: Process, event: &[u8]) {
        let first_poll = process.first_poll();
        let outcome = process.invoke(event);
        // Excludes the time until this program reads the event.
        self.first_answer.push_time(first_poll + outcome.took);
        self.first_poll.push_time(first_poll);
        outcome.assert_success(function);
    }

    /// Adds the rows for `of`, with their limits.
    pub fn report(&self, report: &mut Report, of: &Subject, names: [&'static str; 2], limits: Limits<'_>) {
        let name = &of.name;
        let (poll, answer) = (limits.first_poll, limits.first_answer);
        let target = |times| Some(Target::UpToTimes(times));
        let limit = Some((poll.0, &poll.1.first_poll));
        report.add(names[0], name, Unit::Milliseconds, &self.first_poll, limit, target(poll.2));
        let limit = Some((answer.0, &answer.1.first_answer));
        report.add(names[1], name, Unit::Milliseconds, &self.first_answer, limit, target(answer.2));
    }
}

/// The limits of both times: a program, its times, and the largest ratio to them.
pub struct Limits<'a> {
    /// For the time to the first poll.
    pub first_poll: (&'static str, &'a Starts, f64),
    /// For the time to the first answer.
    pub first_answer: (&'static str, &'a Starts, f64),
}

pub async fn run(report: &mut Report) {
    for request in requests() {
        let function = &request.function;
        let subject = Subject::record_request(&request, WARM_UP + RUNS).await;
        let (own, bare) = (subject.stage().await, subject.stage().await);
        let (mut starts, mut bares, mut hellos) = (Starts::default(), Starts::default(), Starts::default());
        let is_late = !subject.connects_first && subject.bare() != "bare_hello";
        let mut limit_name = subject.bare();
        for run in 0..WARM_UP + RUNS {
            if run == WARM_UP {
                (starts, bares, hellos) = Default::default();
            }
            starts.add(function, subject.start(&own, &[]), &subject.event(&own, run));
            let limit;
            (limit, limit_name) = subject.start_limit(&bare, run..run + 1);
            bares.add(function, limit, &subject.bare_event(&bare, run));
            if is_late {
                hellos.add(
                    function,
                    subject.start_bare("bare_hello", &bare, run..run + 1, &[]),
                    &subject.bare_event(&bare, run),
                );
            }
        }
        let first_answer = (limit_name, &bares, if subject.simplest(0).is_some() { 1.25 } else { 1.3 });
        // A function that connects on its first request has nothing else to do before.
        let first_poll = if is_late { ("bare_hello", &hellos, 1.2) } else { (limit_name, &bares, 1.2) };
        let names = ["start to first poll", "start to first answer"];
        starts.report(report, &subject, names, Limits { first_poll, first_answer });
    }
}
