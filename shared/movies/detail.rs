//! The detail of one movie.

use sqlx::{PgConnection, types::Json};

use crate::{
    http::Error,
    models::movies::{Country, Movie, Named, Status},
};

impl Movie {
    /// Detail of the 404 for an unknown id.
    pub const MISSING: &str = "Movie with the given ID was not found.";

    /// Returns the 404 with [`Self::MISSING`].
    pub fn missing() -> Error {
        Error::not_found(Self::MISSING)
    }

    /// Returns the movie with this id, or `None` if there is none. One round trip.
    ///
    /// Names are looked up one by one: for a join, PostgreSQL may read a whole table of names.
    pub async fn find(connection: &mut PgConnection, id: i64) -> sqlx::Result<Option<Self>> {
        let row = sqlx::query!(
            r#"
            SELECT movies.xmin::text::bigint AS "version!", movies.id, movies.name, date, score, overview, status::text AS "status!: Status",
                   budget::double precision AS "budget!", revenue,
                   country_id, countries.code AS country_code, countries.name AS country_name,
                   (SELECT coalesce(json_agg(json_build_object(
                        'id', genre_id, 'name', (SELECT name FROM genres WHERE id = genre_id)) ORDER BY genre_id), '[]')
                    FROM movies_genres WHERE movie_id = movies.id) AS "genres!: Json<Vec<Named>>",
                   (SELECT coalesce(json_agg(json_build_object(
                        'id', actor_id, 'name', (SELECT name FROM actors WHERE id = actor_id)) ORDER BY actor_id), '[]')
                    FROM actors_movies WHERE movie_id = movies.id) AS "actors!: Json<Vec<Named>>",
                   (SELECT coalesce(json_agg(json_build_object(
                        'id', language_id, 'name', (SELECT name FROM languages WHERE id = language_id)) ORDER BY language_id), '[]')
                    FROM movies_languages WHERE movie_id = movies.id) AS "languages!: Json<Vec<Named>>"
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
            genres: row.genres.0,
            actors: row.actors.0,
            languages: row.languages.0,
        }))
    }
}
