//! Creates, updates and deletes movies.

use chrono::NaiveDate;
use sqlx::{PgConnection, types::Json};

use super::{Writer, search::Document};
use crate::{
    http::{Error, StatusCode},
    models::movies::{Country, Movie, MoviePatch, Named, NewMovie, Status},
};

impl NewMovie {
    /// Stores the movie, its country, and names that are new. Returns the movie as [`Movie::find`] does, or
    /// `None` if another movie has this name and date. One statement, and one round trip.
    pub async fn store(
        &self,
        connection: &mut PgConnection,
        writer: Writer<'_>,
    ) -> sqlx::Result<Option<Movie>> {
        let document = Document::new(self.name.as_str(), self.overview.as_str());
        let stored = sqlx::query_as!(
            Stored,
            r#"
            WITH stored AS MATERIALIZED (
                SELECT * FROM insert_movie(
                    $1, $2, $3, $4, $5::text::movie_status, $6, $7, $8, $9, $10, $11, $12, $13, $14
                )
            ), event AS (
                INSERT INTO events (action, actor_id, client) SELECT 'movie_created', $15, $16 FROM stored
            )
            SELECT movie AS "id!", movie_version AS "version!", country AS "country_id!", country_name,
                   genre_list AS "genres!: Json<Vec<Named>>", actor_list AS "actors!: Json<Vec<Named>>",
                   language_list AS "languages!: Json<Vec<Named>>"
            FROM stored
            "#,
            self.name.as_str(),
            self.date,
            self.score,
            self.overview.as_str(),
            self.status.name(),
            self.budget.hundredths(),
            self.revenue,
            self.country.as_str(),
            &self.genres.in_title_case(),
            &self.actors.in_title_case(),
            &self.languages.in_title_case(),
            document.key,
            document.words,
            &document.name_words,
            writer.user_id,
            writer.client,
        )
        .fetch_one(connection)
        .await;
        match stored {
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error),
            Ok(row) => Ok(Some(self.stored(row))),
        }
    }

    /// Puts the movie in the place of the one with this id, if that still has this version where one is given. One
    /// round trip, all or nothing.
    pub async fn replace(
        &self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
        writer: Writer<'_>,
    ) -> sqlx::Result<Replacement> {
        let document = Document::new(self.name.as_str(), self.overview.as_str());
        let stored = sqlx::query_as!(
            Stored,
            r#"
            WITH stored AS MATERIALIZED (
                SELECT * FROM replace_movie(
                    $1, $2, $3, $4, $5, $6, $7::text::movie_status, $8, $9, $10, $11, $12, $13, $14, $15, $16
                )
                WHERE movie IS NOT NULL
            ), event AS (
                INSERT INTO events (action, actor_id, client) SELECT 'movie_replaced', $17, $18 FROM stored
            )
            SELECT movie AS "id!", movie_version AS "version!", country AS "country_id!", country_name,
                   genre_list AS "genres!: Json<Vec<Named>>", actor_list AS "actors!: Json<Vec<Named>>",
                   language_list AS "languages!: Json<Vec<Named>>"
            FROM stored
            "#,
            id,
            version,
            self.name.as_str(),
            self.date,
            self.score,
            self.overview.as_str(),
            self.status.name(),
            self.budget.hundredths(),
            self.revenue,
            self.country.as_str(),
            &self.genres.in_title_case(),
            &self.actors.in_title_case(),
            &self.languages.in_title_case(),
            document.key,
            document.words,
            &document.name_words,
            writer.user_id,
            writer.client,
        )
        .fetch_optional(connection)
        .await;
        match stored {
            Err(error) if is_taken(&error) => Ok(Replacement::Taken),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_DATA_FOUND) => {
                Ok(Replacement::Missing)
            }
            Err(error) => Err(error),
            Ok(None) => Ok(Replacement::Missing),
            Ok(Some(row)) => Ok(Replacement::Done(Box::new(self.stored(row)))),
        }
    }

    /// Returns the movie as it is after the database has stored it.
    fn stored(&self, row: Stored) -> Movie {
        Movie {
            version: row.version,
            id: row.id,
            name: self.name.as_str().to_owned(),
            date: self.date,
            score: self.score,
            overview: self.overview.as_str().to_owned(),
            status: self.status,
            budget: self.budget.to_f64(),
            revenue: self.revenue,
            country: Country {
                id: row.country_id,
                code: self.country.as_str().to_owned(),
                name: row.country_name,
            },
            genres: row.genres.0,
            actors: row.actors.0,
            languages: row.languages.0,
        }
    }
}

/// The code of the error of `replace_movie` for a movie that went away meanwhile (PostgreSQL manual, appendix A).
const NO_DATA_FOUND: &str = "P0002";

/// What the database adds to a movie.
struct Stored {
    id: i64,
    version: i64,
    country_id: i64,
    country_name: Option<String>,
    genres: Json<Vec<Named>>,
    actors: Json<Vec<Named>>,
    languages: Json<Vec<Named>>,
}

/// What became of a replacement.
pub enum Replacement {
    /// It is made, and this is the movie.
    Done(Box<Movie>),
    /// The movie does not exist, or not in the version that was to be replaced.
    Missing,
    /// Another movie has the name and the date.
    Taken,
}

/// The outcome of an update.
pub enum UpdateOutcome {
    /// The movie was updated.
    Updated,
    /// The movie does not exist, or has another version than the required one.
    Missing,
    /// A field would become null, or another movie has the new name and date.
    Invalid,
}

impl MoviePatch {
    /// Updates the movie, if it has the required version. One round trip, or two if only the name or only the overview
    /// changes.
    pub async fn store(
        &self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
        writer: Writer<'_>,
    ) -> sqlx::Result<UpdateOutcome> {
        // Every field of a movie requires a value.
        if !self.has_null && self.has_value {
            return self.update(connection, id, version, writer).await;
        }
        let exists =
            sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM movies WHERE id = $1) AS "exists!""#, id)
                .fetch_one(connection)
                .await?;
        Ok(match (exists, self.has_null) {
            (false, _) => UpdateOutcome::Missing,
            (true, true) => UpdateOutcome::Invalid,
            (true, false) => UpdateOutcome::Updated,
        })
    }

    /// Updates the movie. If only the name or only the overview changes, reads the other one for the search document first,
    /// and again each time another request changes the movie in between; the request's deadline bounds this.
    async fn update(
        &self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
        writer: Writer<'_>,
    ) -> sqlx::Result<UpdateOutcome> {
        let name = self.values.name.as_ref().map(|name| name.as_str());
        let overview = self.values.overview.as_ref().map(|overview| overview.as_str());
        if name.is_some() == overview.is_some() {
            let document = name.zip(overview).map(|(name, overview)| Document::new(name, overview));
            return self.update_row(connection, id, version, document, writer).await;
        }
        loop {
            let stored = sqlx::query!(
                r#"SELECT xmin::text::bigint AS "version!", name, overview FROM movies WHERE id = $1"#,
                id,
            )
            .fetch_optional(&mut *connection)
            .await?;
            let Some(stored) =
                stored.filter(|stored| version.is_none_or(|version| version == stored.version))
            else {
                return Ok(UpdateOutcome::Missing);
            };
            let document = Document::new(name.unwrap_or(&stored.name), overview.unwrap_or(&stored.overview));
            let outcome =
                self.update_row(connection, id, Some(stored.version), Some(document), writer).await?;
            // Another request changed the movie in the meantime. Without a required version, that is not an error.
            if version.is_some() || !matches!(outcome, UpdateOutcome::Missing) {
                return Ok(outcome);
            }
        }
    }

    /// Updates the movie and, if it is given, the search document.
    async fn update_row(
        &self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
        document: Option<Document>,
        writer: Writer<'_>,
    ) -> sqlx::Result<UpdateOutcome> {
        let values = &self.values;
        let stored = sqlx::query_scalar!(
            r#"
            WITH updated AS MATERIALIZED (
                SELECT update_movie($1, $2, $3, $4, $5, $6, $7::text::movie_status, $8, $9, $10, $11, $12) AS is_done
            ), event AS (
                INSERT INTO events (action, actor_id, client) SELECT 'movie_updated', $13, $14 FROM updated WHERE is_done
            )
            SELECT is_done AS "is_done!" FROM updated
            "#,
            id,
            version,
            values.name.as_ref().map(|name| name.as_str()),
            values.date,
            values.score,
            values.overview.as_ref().map(|overview| overview.as_str()),
            values.status.map(Status::name),
            values.budget.map(|budget| budget.hundredths()),
            values.revenue,
            document.as_ref().map(|document| document.key.as_str()),
            document.as_ref().map(|document| document.words.as_str()),
            document.as_ref().map(|document| document.name_words.as_slice()),
            writer.user_id,
            writer.client,
        )
        .fetch_one(connection)
        .await;
        match stored {
            Err(error) if is_taken(&error) => Ok(UpdateOutcome::Invalid),
            Err(error) => Err(error),
            Ok(true) => Ok(UpdateOutcome::Updated),
            Ok(false) => Ok(UpdateOutcome::Missing),
        }
    }
}

/// Deletes the movie, if it has the required version, and returns whether it did. One round trip.
pub async fn delete(
    connection: &mut PgConnection,
    id: i64,
    version: Option<i64>,
    writer: Writer<'_>,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        r#"
        WITH deleted AS (
            DELETE FROM movies WHERE id = $1 AND xmin::text::bigint = coalesce($2, xmin::text::bigint) RETURNING id
        )
        INSERT INTO events (action, actor_id, client) SELECT 'movie_deleted', $3, $4 FROM deleted
        "#,
        id,
        version,
        writer.user_id,
        writer.client,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// An example of [`taken`] for the API's description.
pub const TAKEN_EXAMPLE: &str = "A movie with the name 'Heat' and release date '1995-12-15' already exists.";

/// Returns the error for a movie whose name and date another one has (409).
pub fn already_exists(name: &str, date: NaiveDate) -> Error {
    let sentence = format!("A movie with the name '{name}' and release date '{date}' already exists.");
    Error::status(StatusCode::CONFLICT, sentence)
}

/// Returns whether another movie has the same name and date.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some("movies_name_date_key")
}
