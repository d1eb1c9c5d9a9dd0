//! What a page costs, near the start and deep in the list, in catalogues of 10 thousand, 100 thousand and
//! 2 million movies: by page and by cursor, sorted and searched. Linux only.

#[path = "support/mod.rs"]
mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use measure::{Figures, Process};
use sqlx::{Executor, PgConnection};
use support::{App, Method};

const SIZES: [i64; 3] = [10_000, 100_000, 2_000_000];
const RUNS: usize = 30;

/// The lists that are measured, in a catalogue of this size.
fn lists(size: i64) -> Vec<(&'static str, String)> {
    let middle = size / 2;
    let after = |cursor: String| BASE64_URL_SAFE_NO_PAD.encode(cursor);
    vec![
        ("page 1", String::from("page=1")),
        ("page at 25 %", format!("page={}", size / 40)),
        ("page at 50 %", format!("page={}", size / 20)),
        ("the last page", format!("page={}", size / 10)),
        ("a cursor's step at 50 %", format!("after={}", after(format!("-id:{size}:{middle}:")))),
        ("sort=name, page 1", String::from("sort=name")),
        ("sort=name, page at 50 %", format!("sort=name&page={}", size / 20)),
        (
            "sort=name, a cursor's step at 50 %",
            format!("sort=name&after={}", after(format!("name:{size}:{middle}:Movie {middle:07}"))),
        ),
        ("q=<a word of one movie>", format!("q=unique{middle}")),
        ("q=<a word of 1 % of them>", String::from("q=hundredth")),
        ("genre=<5 % of them>", String::from("genre=Genre+7")),
        ("genre=<5 %>, score_from=90", String::from("genre=Genre+7&score_from=90&sort=-score")),
    ]
}

/// Adds movies up to `size`: their ids count from 1.
async fn grow(db: &mut PgConnection, from: i64, to: i64) {
    db.execute(
        "INSERT INTO genres (name) SELECT 'Genre ' || number FROM generate_series(1, 20) AS number
         ON CONFLICT DO NOTHING;
         INSERT INTO countries (code) VALUES ('US') ON CONFLICT DO NOTHING",
    )
    .await
    .expect("the names are stored");
    sqlx::query(
        "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT 'Movie ' || lpad(number::text, 7, '0'), date '1920-01-01' + (number::bigint * 7919 % 38000)::int,
                number * 31 % 1001 / 10.0,
                'A story about somebody who comes to town and leaves it as another.'
                || CASE number % 100 WHEN 0 THEN ' The hundredth.' ELSE '' END
                || CASE number % 1000 WHEN 0 THEN ' unique' || number ELSE '' END,
                'Released', 0, 0, (SELECT id FROM countries)
         FROM generate_series($1, $2) AS number ORDER BY number",
    )
    .bind(from)
    .bind(to)
    .execute(&mut *db)
    .await
    .expect("the movies are stored");
    sqlx::query(
        "INSERT INTO movies_genres (movie_id, genre_id)
         SELECT movies.id, genres.id FROM movies JOIN genres ON genres.name = 'Genre ' || movies.id % 20 + 1
         WHERE movies.id BETWEEN $1 AND $2",
    )
    .bind(from)
    .bind(to)
    .execute(&mut *db)
    .await
    .expect("the links are stored");
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
}

/// The times of a list, every answer being right.
fn measure(app: &App, process: &mut Process, query: &str) -> Figures {
    let target = format!("/api/v1/theater/movies/?{query}");
    let event = measure::event(app, &measure::request(Method::GET, &target, String::new()));
    let mut figures = Figures::default();
    for run in 0..=RUNS {
        let outcome = process.invoke(&event);
        assert_eq!(outcome.status, 200, "{query}: {}", outcome.payload);
        if run > 0 {
            figures.push(outcome.took);
        }
    }
    figures
}

#[tokio::main]
async fn main() {
    let app = App::start().await;
    let mut db = app.db().await;
    let first = measure::request(Method::GET, "/api/v1/theater/movies/", String::new());
    let executable = measure::executable("list_movies");

    let mut table: Vec<(&str, Vec<Figures>)> = Vec::new();
    let mut size_before = 0;
    for size in SIZES {
        grow(&mut db, size_before + 1, size).await;
        size_before = size;
        let (mut process, _) = measure::start(&app, &executable, &first, &[]);
        for (row, (name, query)) in lists(size).into_iter().enumerate() {
            let figures = measure(&app, &mut process, &query);
            match table.get_mut(row) {
                Some((_, columns)) => columns.push(figures),
                None => table.push((name, vec![figures])),
            }
        }
    }

    println!("a page of 10, warm, {RUNS} runs each; ms as median [quartiles]; x: 2,000,000 over 10,000");
    println!("{:<36} {:>22} {:>22} {:>24} {:>7}", "movies", SIZES[0], SIZES[1], SIZES[2], "x");
    for (name, columns) in &table {
        let [small, medium, large] = &columns[..] else { panic!("a column for each size") };
        let (small_text, medium_text, large_text) = (small.spread(), medium.spread(), large.spread());
        println!("{name:<36} {small_text:>22} {medium_text:>22} {large_text:>24} {:>7.2}", large.over(small));
    }
}
