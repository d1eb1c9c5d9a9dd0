//! Inserts movies and their lists into a test's database.

use std::time::{Duration, SystemTime};

use shared::movies::search::index::index_missing;
use sqlx::PgConnection;

/// Inserts a released movie in the country `US` without genres, actors and languages. Returns its id.
pub async fn movie(db: &mut PgConnection, name: &str) -> i64 {
    let id = sqlx::query_scalar(
        "WITH country AS (
             INSERT INTO countries (code, name) VALUES ('US', 'United States of America')
             ON CONFLICT (code) DO UPDATE SET name = excluded.name RETURNING id
         )
         INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT $1, '1994-09-23', 85.5, 'About ' || $1, 'Released', 25000000, 28767189, id FROM country
         RETURNING id",
    )
    .bind(name)
    .fetch_one(&mut *db)
    .await
    .expect("the movie is stored");
    index(db).await;
    id
}

/// Adds the movies that plain SQL has stored to the search index.
pub async fn index(db: &mut PgConnection) {
    let end = SystemTime::now() + Duration::from_secs(3600);
    let (_, is_complete) = index_missing(db, end).await.expect("the movies are indexed");
    assert!(is_complete);
}

/// Inserts `count` movies, named `Movie 1` and on. Returns their ids in that order.
pub async fn movies(db: &mut PgConnection, count: i32) -> Vec<i64> {
    let ids = sqlx::query_scalar(
        "WITH country AS (
             INSERT INTO countries (code) VALUES ('FR')
             ON CONFLICT (code) DO UPDATE SET code = excluded.code RETURNING id
         )
         INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT 'Movie ' || number, '2001-04-25', 80, 'About it', 'Released', 0, 0, id
         FROM generate_series(1, $1) AS number, country
         ORDER BY number
         RETURNING id",
    )
    .bind(count)
    .fetch_all(&mut *db)
    .await
    .expect("the movies are stored");
    index(db).await;
    ids
}

/// A list of a movie.
#[derive(Clone, Copy)]
pub enum List {
    /// `genres`
    Genres,
    /// `actors`
    Actors,
    /// `languages`
    Languages,
}

/// Adds a name to a list of a movie. Returns the id of the genre, actor or language.
pub async fn add(db: &mut PgConnection, movie: i64, list: List, name: &str) -> i64 {
    let statement = match list {
        List::Genres => {
            "WITH item AS (INSERT INTO genres (name) VALUES ($2)
                           ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id)
             INSERT INTO movies_genres (movie_id, genre_id) SELECT $1, id FROM item RETURNING genre_id"
        }
        List::Actors => {
            "WITH item AS (INSERT INTO actors (name) VALUES ($2)
                           ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id)
             INSERT INTO actors_movies (movie_id, actor_id) SELECT $1, id FROM item RETURNING actor_id"
        }
        List::Languages => {
            "WITH item AS (INSERT INTO languages (name) VALUES ($2)
                           ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id)
             INSERT INTO movies_languages (movie_id, language_id) SELECT $1, id FROM item RETURNING language_id"
        }
    };
    sqlx::query_scalar(statement).bind(movie).bind(name).fetch_one(db).await.expect("the name is stored")
}
