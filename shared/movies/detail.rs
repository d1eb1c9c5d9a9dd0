//! One movie, whole.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{PgConnection, types::Json};

use crate::{http::Error, openapi::ToSchema};

/// A genre, an actor or a language.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Named {
    id: i64,
    name: String,
}

/// The country a movie comes from.
#[derive(Debug, Serialize, ToSchema)]
pub struct Country {
    pub(super) id: i64,
    /// As in ISO 3166-1.
    pub(super) code: String,
    /// Its English name, where it is known.
    #[schema(required)]
    pub(super) name: Option<String>,
}

/// A movie with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Movie {
    /// Changes whenever a field of the movie does.
    #[serde(skip)]
    pub version: i64,
    /// What the database knows it by.
    pub id: i64,
    pub(super) name: String,
    /// The day of its release.
    #[schema(value_type = String, format = Date)]
    pub(super) date: NaiveDate,
    /// How it is regarded, from 0 to 100.
    pub(super) score: f64,
    pub(super) overview: String,
    /// `Released`, `Post Production` or `In Production`.
    pub(super) status: String,
    /// In US dollars.
    pub(super) budget: f64,
    /// In US dollars.
    pub(super) revenue: f64,
    pub(super) country: Country,
    pub(super) genres: Vec<Named>,
    pub(super) actors: Vec<Named>,
    pub(super) languages: Vec<Named>,
}

impl Movie {
    /// 404, for an id that no movie has.
    pub const MISSING: &str = "Movie with the given ID was not found.";

    /// A movie in the API's description.
    pub fn example() -> Value {
        json!({
            "id": 1, "name": "Heat", "date": "1995-12-15", "score": 83.0,
            "overview": "A detective hunts a crew of thieves.", "status": "Released",
            "budget": 60000000.0, "revenue": 187436818.0, "country": {"id": 1, "code": "US", "name": null},
            "genres": [{"id": 1, "name": "Crime"}, {"id": 2, "name": "Drama"}],
            "actors": [{"id": 1, "name": "Al Pacino"}, {"id": 2, "name": "Robert De Niro"}],
            "languages": [{"id": 1, "name": "English"}],
        })
    }

    /// The error with [`Self::MISSING`].
    pub fn missing() -> Error {
        Error::not_found(Self::MISSING)
    }

    /// The movie with this id, if there is one. One round trip.
    pub async fn find(connection: &mut PgConnection, id: i64) -> sqlx::Result<Option<Self>> {
        let row = sqlx::query!(
            r#"
            SELECT movies.xmin::text::bigint AS "version!", movies.id, movies.name, date, score, overview, status::text AS "status!",
                   budget::double precision AS "budget!", revenue,
                   country_id, countries.code AS country_code, countries.name AS country_name,
                   (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]')
                    FROM movies_genres JOIN genres ON genres.id = genre_id
                    WHERE movie_id = movies.id) AS "genres!: Json<Vec<Named>>",
                   (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]')
                    FROM actors_movies JOIN actors ON actors.id = actor_id
                    WHERE movie_id = movies.id) AS "actors!: Json<Vec<Named>>",
                   (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]')
                    FROM movies_languages JOIN languages ON languages.id = language_id
                    WHERE movie_id = movies.id) AS "languages!: Json<Vec<Named>>"
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
