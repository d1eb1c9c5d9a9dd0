//! Compares imports with COPY of the same rows into an equal database, and measures the memory of a very large import.

use std::{
    io::{BufWriter, Write},
    ops::Range,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tempfile::NamedTempFile;

use crate::{
    measure::{self, Figures, Report, Target, Unit},
    support::App,
};

const RUNS: usize = 5;

/// The tables, in the order of their foreign keys.
const TABLES: [&str; 10] = [
    "countries",
    "genres",
    "actors",
    "languages",
    "movies",
    "movies_genres",
    "actors_movies",
    "movies_languages",
    "movie_search",
    "name_words",
];

/// Starts the API with the release executables and an empty database.
async fn app() -> App {
    // A slow machine may take longer for a large import than Lambda's timeout.
    let patient = App::builder().timeout("Manage", Duration::from_secs(3600));
    patient.executables(measure::release()).start().await
}

/// Imports 10,000 movies into an empty catalogue, and then 10,000 others; copies the rows that each import stored, with
/// those of the search index, from an equal catalogue.
pub async fn run(report: &mut Report) {
    if !measure::is_chosen("manage") {
        return;
    }
    let files = [catalogue(0..10_000, 30_000), catalogue(10_000..20_000, 30_000)];
    let mut figures = <[(Figures, Figures); 2]>::default();
    for _ in 0..RUNS {
        let (imported, copied) = (app().await, app().await);
        for (file, (imports, copies)) in files.iter().zip(&mut figures) {
            imports.push_time(import(&imported, file).await);
            copies.push_time(copy(&mut imported.db().await, &mut copied.db().await).await);
        }
    }
    for (of, (imports, copies)) in ["10,000 movies", "10,000 movies more"].into_iter().zip(&figures) {
        let (limit, target) = (Some(("COPY", copies)), Some(Target::UpToTimes(1.3)));
        report.add("import", of, Unit::Milliseconds, imports, limit, target);
    }
}

/// Imports 1,000,000 movies and reports the peak memory.
pub async fn memory(report: &mut Report) {
    let file = catalogue(0..1_000_000, 300_000);
    let size = file.as_file().metadata().expect("the file exists").len() >> 20;
    let app = app().await;
    app.invoke("Manage", json!({"command": "status"})).await.expect("manage answers");
    let before = app.peak_memory("Manage");
    println!("{size} MiB of CSV");
    let took = import(&app, &file).await;
    println!("{}\nphases:", contents(&mut app.db().await).await);
    phases(&app);
    println!("import {took:.0?}");
    for (of, kibibytes) in [("before", before), ("1000000 movies", app.peak_memory("Manage"))] {
        let figures = Figures::from(kibibytes as f64 / 1024.0);
        report.add("peak memory of an import", of, Unit::Mebibytes, &figures, None, None);
    }
}

/// Imports `file` with a warm process.
async fn import(app: &App, file: &NamedTempFile) -> Duration {
    app.invoke("Manage", json!({"command": "status"})).await.expect("manage answers");
    let began = Instant::now();
    let answer =
        app.invoke("Manage", json!({"command": "import", "source": file.path(), "strict": true})).await;
    let took = began.elapsed();
    let answer = answer.unwrap_or_else(|error| panic!("{}\n{}", error.error_message, app.logs("Manage")));
    assert_eq!(answer["imported"], answer["rows"]);
    took
}

/// Copies the rows that the last import has stored from one database into the tables of another, in one transaction.
async fn copy(from: &mut PgConnection, to: &mut PgConnection) -> Duration {
    let mut tables = Vec::new();
    for table in TABLES {
        let columns = format!(
            "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        );
        let columns: String = from.fetch_one(AssertSqlSafe(columns)).await.expect("it is there").get(0);
        let rows = format!(
            "COPY (
                SELECT {columns} FROM {table} WHERE xmin = (SELECT xmin FROM movies ORDER BY id DESC LIMIT 1)
            ) TO STDOUT (FORMAT binary)"
        );
        let rows = from.copy_out_raw(&rows).await.expect("it is there");
        let copy = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        tables.push((copy, rows.try_collect::<Vec<_>>().await.expect("the server answers")));
    }
    let began = Instant::now();
    let mut transaction = to.begin().await.expect("the server answers");
    for (statement, rows) in &tables {
        let mut copy = transaction.copy_in_raw(statement).await.expect("the table is there");
        for portion in rows.concat().chunks(1 << 16) {
            copy.send(portion).await.expect("the server answers");
        }
        copy.finish().await.expect("the rows fit");
    }
    transaction.commit().await.expect("the server answers");
    began.elapsed()
}

/// Writes a file of the movies with these numbers, with ten actors out of `actors`, three genres and one or two languages
/// each, the same in every run.
fn catalogue(movies: Range<u64>, actors: u64) -> NamedTempFile {
    const GENRES: [&str; 9] =
        ["Action", "Adventure", "Comedy", "Crime", "Drama", "Horror", "Romance", "Thriller", "War"];
    const LANGUAGES: [&str; 6] =
        ["English", "\"Spanish, Castilian\"", "French", "Japanese", "German", "Korean"];
    const COUNTRIES: [&str; 6] = ["US", "ES", "FR", "JP", "DE", "KR"];
    let file = NamedTempFile::new().expect("the folder for temporary files is writable");
    let mut csv = BufWriter::new(&file);
    let overview = "Somebody finds something that everybody wants, and nobody is what they seem. ".repeat(3);
    let header =
        "names,date_x,score,genre,overview,crew,orig_title,status,orig_lang,budget_x,revenue,country";
    writeln!(csv, "{header}").expect("the disk has room");
    // Steps without a common factor use every actor before any of them repeats.
    let mut actor = (movies.start * 10..).map(|number: u64| number * 7919 % actors);
    for movie in movies {
        let crew: Vec<_> =
            actor.by_ref().take(10).map(|actor| format!("Given{actor} Family{}", actor / 3)).collect();
        let pick = |names: &[&'static str], step: u64| names[((movie + step) % names.len() as u64) as usize];
        let genres = [pick(&GENRES, 0), pick(&GENRES, 2), pick(&GENRES, 5)].join(",\u{a0}");
        writeln!(
            csv,
            "Movie number {movie},{:02}/{:02}/{} ,{},\"{genres}\",\"{overview}\",\"{}\",Movie, Released,{},{}.0,{}.5,{}",
            movie % 12 + 1,
            movie % 28 + 1,
            1930 + movie % 95,
            movie % 101,
            crew.join(", "),
            pick(&LANGUAGES, 0),
            movie * 1009 % 300_000_000,
            movie * 4001 % 2_000_000_000,
            pick(&COUNTRIES, 0),
        )
        .expect("the disk has room");
    }
    csv.flush().expect("the disk has room");
    drop(csv);
    file
}

async fn contents(db: &mut PgConnection) -> String {
    let counts =
        "SELECT 'movies ' || (SELECT count(*) FROM movies) || ', actors ' || (SELECT count(*) FROM actors)
        || ', links ' || (SELECT count(*) FROM movies_genres) + (SELECT count(*) FROM actors_movies)
        + (SELECT count(*) FROM movies_languages)";
    db.fetch_one(counts).await.expect("the server answers").get(0)
}

/// Prints the phases of the last import from its log.
fn phases(app: &App) {
    for line in app.logs("Manage").lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let (Some(rows), Some(took)) = (line["rows"].as_u64(), line["duration_ms"].as_u64()) {
            println!("  {:>8} ms  {} ({rows} rows)", took, line["message"].as_str().unwrap_or_default());
        }
    }
}
