//! Measures pages near the start and deep in the list, in catalogues of three sizes: by number and by cursor, sorted
//! and searched, for the table in docs/use/movies.md.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    measure::{self, Figures, Process, Report, Unit, movies},
    support::{App, Method},
};

const RUNS: usize = 30;

/// Returns the lists to measure in a catalogue of this size.
fn lists(size: i64) -> Vec<(&'static str, String)> {
    let middle = size / 2;
    let after = |cursor: String| BASE64_URL_SAFE_NO_PAD.encode(cursor);
    vec![
        ("page 1", String::from("page=1")),
        ("page at 25 %", format!("page={}", size / 40)),
        ("page at 50 %", format!("page={}", size / 20)),
        ("the last page", format!("page={}", size / 10)),
        ("a cursor's step at 50 %", movies::step_in_the_middle(size)),
        ("sort=name, page 1", String::from("sort=name")),
        ("sort=name, page at 50 %", format!("sort=name&page={}", size / 20)),
        (
            "sort=name, a cursor's step at 50 %",
            format!("sort=name&after={}", after(format!("name:{size}:{middle}:Movie {middle:07}"))),
        ),
        ("q=a word of one movie", format!("q=unique{middle}")),
        ("q=a word of 1 % of them", String::from("q=hundredth")),
        ("genre=5 % of them", String::from("genre=Genre+7")),
        ("genre=5 %, score_from=90", String::from("genre=Genre+7&score_from=90&sort=-score")),
    ]
}

/// Measures the response times of a list. Panics if a response is wrong.
fn measure(app: &App, process: &mut Process, query: &str) -> Figures {
    let target = format!("/api/v1/theater/movies/?{query}");
    let event = measure::event(app, &measure::request(Method::GET, &target, String::new()));
    let mut figures = Figures::default();
    for run in 0..=RUNS {
        let outcome = process.invoke(&event);
        assert_eq!(outcome.status(), 200);
        if run > 0 {
            figures.push_time(outcome.took);
        }
    }
    figures
}

/// Reports a page of ten of each list in each catalogue, on a warm process.
pub async fn run(report: &mut Report) {
    let app = App::start().await;
    let mut db = app.db().await;
    let first = measure::request(Method::GET, "/api/v1/theater/movies/", String::new());
    let executable = measure::executable("list_movies");

    let mut size_before = 0;
    for size in [10_000, 100_000, movies::depth()] {
        movies::add(&mut db, size_before + 1, size).await;
        size_before = size;
        let (mut process, _) = measure::start(&app, &executable, &first);
        for (name, query) in lists(size) {
            let figures = measure(&app, &mut process, &query);
            report.add(format!("{size} movies"), name, Unit::Milliseconds, &figures, None, None);
        }
    }
}
