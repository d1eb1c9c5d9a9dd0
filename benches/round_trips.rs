//! Counts how often a request waits for the database after its statements are prepared.

use crate::{
    measure::{Figures, Report, Subject, Target, Unit, functions},
    support::budget::Budget,
};

const RUNS: usize = 20;

pub async fn run(report: &mut Report) {
    let budget = Budget::read();
    for function in functions() {
        let Some(request) = budget.requests.get(&function.executable) else { continue };
        let traffic = Subject::record(&function, 2 + RUNS).await.traffic;
        let (mut round_trips, mut queries) = (Figures::default(), Figures::default());
        for traffic in &traffic[2..] {
            round_trips.push(traffic.round_trips as f64);
            queries.push(traffic.statements.len() as f64);
        }
        let (name, target) = (&function.executable, Some(Target::UpTo(request.round_trips as f64)));
        report.add("round trips", name, Unit::Count, &round_trips, None, target);
        report.add("statements", name, Unit::Count, &queries, None, None);
    }
}
