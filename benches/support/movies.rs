//! Creates catalogues of any size.

use sqlx::{Executor, PgConnection};

use crate::support::catalogue::index;

/// Inserts movies with these numbers, which determine their names, dates and scores, and are their ids in an empty
/// catalogue. Each has one of twenty genres, and one of 150 words: PostgreSQL estimates how many movies have a word with
/// some beginning only if it knows a hundred frequent words, as it does in real catalogues.
pub async fn add(db: &mut PgConnection, from: i64, to: i64) {
    db.execute(
        "INSERT INTO genres (name) SELECT 'Genre ' || number FROM generate_series(1, 20) AS number
         ON CONFLICT DO NOTHING;
         INSERT INTO countries (code) VALUES ('US') ON CONFLICT DO NOTHING",
    )
    .await
    .expect("the names are stored");
    sqlx::query(
        "WITH stored AS (
         INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT 'Movie ' || lpad(number::text, 7, '0'), date '1920-01-01' + (number::bigint * 7919 % 38000)::int,
                number * 31 % 1001 / 10.0,
                'A story about somebody who comes to town and leaves it as another.'
                || ' Scene' || number % 150 || '.'
                || CASE number % 2 WHEN 0 THEN ' A half.' ELSE '' END
                || CASE number % 10 WHEN 0 THEN ' The tenth.' ELSE '' END
                || CASE number % 10000 WHEN 0 THEN ' The tenthousandth.' ELSE '' END
                || CASE number % 100 WHEN 0 THEN ' The hundredth.' ELSE '' END
                || CASE number % 1000 WHEN 0 THEN ' unique' || number ELSE '' END,
                'Released', 0, 0, (SELECT id FROM countries WHERE code = 'US')
         FROM generate_series($1, $2) AS number ORDER BY number
         RETURNING id)
         INSERT INTO movies_genres (movie_id, genre_id)
         SELECT stored.id, genres.id FROM stored JOIN genres ON genres.name = 'Genre ' || stored.id % 20 + 1",
    )
    .bind(from)
    .bind(to)
    .execute(&mut *db)
    .await
    .expect("the movies are stored");
    index(&mut *db).await;
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
}

/// Links each movie to another genre.
pub async fn add_genres(db: &mut PgConnection) {
    db.execute(
        "INSERT INTO movies_genres (movie_id, genre_id)
         SELECT movies.id, genres.id FROM movies JOIN genres ON genres.name = 'Genre ' || (movies.id / 20) % 20 + 1
         ON CONFLICT DO NOTHING",
    )
    .await
    .expect("the links are stored");
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
}

/// Returns the query for the page after the movie in the middle of a catalogue of this size.
pub fn step_in_the_middle(size: i64) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    let cursor = BASE64_URL_SAFE_NO_PAD.encode(format!("-id:{size}:{}:", size / 2));
    format!("after={cursor}")
}

/// Returns the size of the large catalogue: `DEPTH`, or two million.
pub fn depth() -> i64 {
    let depth = std::env::var("DEPTH").ok().filter(|depth| !depth.is_empty());
    let depth = depth.map_or(Ok(2_000_000), |depth| depth.parse());
    depth.ok().filter(|depth| *depth >= 10_000).expect("DEPTH is a number of movies from 10000 on")
}
