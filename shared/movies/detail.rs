//! The detail of one movie.

use sqlx::PgConnection;

use crate::{
    http::Error,
    models::movies::{Country, Movie, Named, Status},
};

/// Ids and names, as PostgreSQL's arrays of rows.
type Names = Vec<(i64, String)>;

impl Movie {
    /// Detail of the 404 for an unknown id.
    pub const MISSING: &str = "Movie with the given ID was not found.";

    /// Returns the 404 with [`Self::MISSING`].
    pub fn missing() -> Error {
        Error::not_found(Self::MISSING)
    }

    /// Returns the movie with this id, or `None` if there is none. One round trip.
    ///
    /// Names are looked up one by one: for a join, PostgreSQL may read a whole table of names. Lists come as arrays of
    /// rows, because PostgreSQL takes a quarter longer for JSON.
    pub async fn find(connection: &mut PgConnection, id: i64) -> sqlx::Result<Option<Self>> {
        let row = sqlx::query!(
            r#"
            SELECT movies.xmin::text::bigint AS "version!", movies.id, movies.name, date, score, overview,
                   status::text AS "status!: Status", budget::double precision AS "budget!", revenue,
                   country_id, countries.code AS country_code, countries.name AS country_name,
                   ARRAY(SELECT ROW(genre_id, (SELECT name FROM genres WHERE id = genre_id))
                         FROM movies_genres WHERE movie_id = $1 ORDER BY genre_id) AS "genres!: Names",
                   ARRAY(SELECT ROW(actor_id, (SELECT name FROM actors WHERE id = actor_id))
                         FROM actors_movies WHERE movie_id = $1 ORDER BY actor_id) AS "actors!: Names",
                   ARRAY(SELECT ROW(language_id, (SELECT name FROM languages WHERE id = language_id))
                         FROM movies_languages WHERE movie_id = $1 ORDER BY language_id) AS "languages!: Names"
            FROM movies JOIN countries ON countries.id = country_id
            WHERE movies.id = $1
            "#,
            id,
        )
        .fetch_optional(connection)
        .await?;
        Ok(row.map(|row| Self {
            version: row.version,
            id: row.id,
            name: row.name,
            date: row.date,
            score: row.score,
            overview: row.overview,
            status: row.status,
            budget: row.budget,
            revenue: row.revenue,
            country: Country { id: row.country_id, code: row.country_code, name: row.country_name },
            genres: named(row.genres),
            actors: named(row.actors),
            languages: named(row.languages),
        }))
    }
}

fn named(names: Names) -> Vec<Named> {
    names.into_iter().map(|(id, name)| Named { id, name }).collect()
}
