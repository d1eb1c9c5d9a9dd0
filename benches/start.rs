//! What a cold start costs: from the start of the process to its first poll of the Runtime API, and to its
//! first answer, for the list of movies beside programs that do no more than they must. Linux only.

#[path = "support/mod.rs"]
mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{fs, path::PathBuf};

use measure::{Figures, median};
use sqlx::Executor;
use support::{App, Method, catalogue};

const WARM_UP: usize = 5;
const RUNS: usize = 100;

struct Program {
    name: &'static str,
    executable: PathBuf,
    first_poll: Figures,
    first_answer: Figures,
    cpu: Figures,
    memory: Vec<u64>,
}

impl Program {
    fn new(name: &'static str) -> Self {
        let executable = measure::executable(name);
        let (first_poll, first_answer, cpu) = Default::default();
        Self { name, executable, first_poll, first_answer, cpu, memory: Vec::new() }
    }

    fn megabytes(&self) -> f64 {
        fs::metadata(&self.executable).expect("the executable exists").len() as f64 / 1e6
    }

    /// One cold start, kept if `counts`.
    fn run(&mut self, app: &App, counts: bool) {
        let list = measure::request(Method::GET, "/api/v1/theater/movies/", String::new());
        let (mut process, event) = measure::start(app, &self.executable, &list, &[]);
        let first_poll = process.first_poll();
        let outcome = process.invoke(&event);
        assert_eq!(outcome.status, 200, "{}: {}", self.name, outcome.payload);
        if counts {
            self.first_poll.push(first_poll);
            self.first_answer.push(process.age(outcome.at));
            self.cpu.push(process.cpu());
            self.memory.push(process.peak_memory());
        }
    }

    fn print(&self, base: &Self) {
        println!(
            "{:<14} {:>22} {:>6.2} {:>22} {:>6.2} {:>22} {:>6.2} {:>8.1} {:>7.2}",
            self.name,
            self.first_poll.spread(),
            self.first_poll.over(&base.first_poll),
            self.first_answer.spread(),
            self.first_answer.over(&base.first_answer),
            self.cpu.spread(),
            self.cpu.over(&base.cpu),
            median(&self.memory) as f64 / 1024.0,
            self.megabytes(),
        );
    }
}

#[tokio::main]
async fn main() {
    let app = App::start().await;
    let mut db = app.db().await;
    catalogue::movies(&mut db, 300).await;
    db.execute("VACUUM ANALYZE").await.expect("the server answers");

    let mut programs = ["bare_hello", "bare_movies", "list_movies"].map(Program::new);
    for run in 0..WARM_UP + RUNS {
        for program in &mut programs {
            program.run(&app, run >= WARM_UP);
        }
    }

    println!(
        "cold start, {RUNS} runs each, in turn; ms as median [quartiles]; x as multiples of bare_movies"
    );
    println!(
        "{:<14} {:>22} {:>6} {:>22} {:>6} {:>22} {:>6} {:>8} {:>7}",
        "", "to first poll", "x", "to first answer", "x", "processor time", "x", "peak MiB", "MB"
    );
    let [_, base, _] = &programs;
    for program in &programs {
        program.print(base);
    }
}
