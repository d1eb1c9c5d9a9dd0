//! Searches of the release before and of this one, on the same catalogue in the same run.

use std::time::Instant;

use shared::{
    models::{Sort, movies::MovieQuery},
    movies::{List, Page, PageStart},
    validation::{Field, SearchText},
};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::{
    measure::{Figures, movies},
    support::App,
};

const RUNS: usize = 20;

/// The words that are looked for, and what the release before made of them.
const SEARCHES: [(&str, &str, &str); 13] = [
    ("a word of 50 %", "half", "'half'"),
    ("a word of 10 %", "tenth", "'tenth'"),
    ("a word of 1 %", "hundredth", "'hundredth'"),
    ("a word of 0.01 %", "tenthousandth", "'tenthousandth'"),
    ("words of 50 % and 10 %", "half tenth", "'half' & 'tenth'"),
    ("words of 50 % and 1 %", "half hundredth", "'half' & 'hundredth'"),
    ("words of all and 1 %, the last as a beginning", "story hund", "'story' & 'hundredth'"),
    ("a beginning of 1 letter", "m", "'m'"),
    ("a beginning of 3 letters, of all names", "mov", "'mov'"),
    ("a beginning of 3 characters, of 0.5 % of the names", "001", "'001'"),
    ("a word without another", "tenth -hundredth", "'tenth' & !'hundredth'"),
    ("a phrase", "\"comes to town\"", "'comes to town'"),
    ("nothing, nor similar words", "nonsensical", "'nonsensical'"),
];

/// Prints the times of the first page of every search.
pub async fn run() {
    let app = App::start().await;
    let db = &mut app.db().await;
    movies::add(db, 1, movies::depth()).await;
    db.execute(
        "ALTER TABLE movies ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
             setweight(to_tsvector('pg_catalog.simple', name), 'A')
             || setweight(to_tsvector('pg_catalog.english', left(overview, 100000)), 'B')
         ) STORED;
         CREATE INDEX movies_search ON movies USING gin (search);
         ANALYZE movies",
    )
    .await
    .expect("the column of the release before is made");
    println!("\nThe first page of a search, {RUNS} runs each; ms as median [quartiles].\n");
    println!("| | before | now |\n|---|---|---|");
    for (name, text, query) in SEARCHES {
        let (mut before, mut now) = (Figures::default(), Figures::default());
        for run in 0..=RUNS {
            let began = Instant::now();
            search_before(db, query).await;
            let between = Instant::now();
            search(db, text).await;
            if run > 0 {
                before.push_time(between - began);
                now.push_time(between.elapsed());
            }
        }
        println!("| {name} | {} | {} |", before.summary().text(2), now.summary().text(2));
    }
    db.execute("ALTER TABLE movies DROP COLUMN search").await.expect("the column is there");
}

async fn search(db: &mut PgConnection, text: &str) {
    let q = SearchText::read(&text.into()).ok();
    let query = MovieQuery {
        page: None,
        per_page: 10,
        q,
        genre: None,
        actor: None,
        language: None,
        country: None,
        status: None,
        year_from: None,
        year_to: None,
        score_from: None,
        sort: None,
        after: None,
    };
    let list = List { query: &query, sort: &Sort::Relevance, start: &PageStart::Offset(0), limit: 10 };
    Page::load(db, &list).await.expect("it is answered in time");
}

/// Runs the statement of the release before.
async fn search_before(db: &mut PgConnection, query: &str) {
    const QUERY: &str = "to_tsquery('pg_catalog.simple', $1) || to_tsquery('pg_catalog.english', $1)";
    let sql = format!(
        "SELECT movies.id, name, date, score, left(overview, 40000) AS overview, page.key AS key,
                (SELECT count(*) FROM movies WHERE true AND search @@ ({QUERY})) AS total
         FROM (
             SELECT id, ts_rank(search, {QUERY}) AS key FROM movies WHERE true AND search @@ ({QUERY})
             ORDER BY ts_rank(search, {QUERY}) DESC, id DESC OFFSET $2 LIMIT $3
         ) AS page JOIN movies USING (id)
         ORDER BY page.key DESC, page.id DESC"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(query).bind(0_i64).bind(11_i64).persistent(false);
    rows.fetch_all(db).await.expect("it is answered");
}
