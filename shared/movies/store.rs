//! Creates, updates and deletes movies.

use sqlx::{PgConnection, types::Json};

use crate::models::movies::{Country, Movie, MoviePatch, Named, NewMovie, Status};

impl NewMovie {
    /// Stores the movie, its country, and names that are new. Returns the movie as [`Movie::find`] does, or
    /// `None` if another movie has this name and date. One statement, and one round trip.
    pub async fn store(self, connection: &mut PgConnection) -> sqlx::Result<Option<Movie>> {
        let stored = sqlx::query!(
            r#"
            SELECT movie AS "id!", movie_version AS "version!", country AS "country_id!", country_name,
                   genre_list AS "genres!: Json<Vec<Named>>", actor_list AS "actors!: Json<Vec<Named>>",
                   language_list AS "languages!: Json<Vec<Named>>"
            FROM insert_movie($1, $2, $3, $4, $5::text::movie_status, $6, $7, $8, $9, $10, $11)
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
        )
        .fetch_one(connection)
        .await;
        match stored {
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error),
            Ok(row) => Ok(Some(Movie {
                version: row.version,
                id: row.id,
                name: self.name.into_string(),
                date: self.date,
                score: self.score,
                overview: self.overview.into_string(),
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
            })),
        }
    }
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
    /// Updates the movie, if it has the required version. One round trip.
    pub async fn store(
        &self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
    ) -> sqlx::Result<UpdateOutcome> {
        // Every field of a movie requires a value.
        if !self.has_null && self.has_value {
            return self.write(connection, id, version).await;
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

    async fn write(
        &self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
    ) -> sqlx::Result<UpdateOutcome> {
        let values = &self.values;
        let stored = sqlx::query!(
            r#"
            UPDATE movies SET
                name = coalesce($3, name),
                date = coalesce($4, date),
                score = coalesce($5, score),
                overview = coalesce($6, overview),
                status = coalesce($7::text::movie_status, status),
                budget = coalesce($8::bigint * 0.01, budget),
                revenue = coalesce($9, revenue)
            WHERE id = $1 AND xmin::text::bigint = coalesce($2, xmin::text::bigint)
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
        )
        .execute(connection)
        .await;
        match stored {
            Err(error) if is_taken(&error) => Ok(UpdateOutcome::Invalid),
            Err(error) => Err(error),
            Ok(stored) if stored.rows_affected() == 0 => Ok(UpdateOutcome::Missing),
            Ok(_) => Ok(UpdateOutcome::Updated),
        }
    }
}

/// Deletes the movie, if it has the required version, and returns whether it did. One round trip.
pub async fn delete(connection: &mut PgConnection, id: i64, version: Option<i64>) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "DELETE FROM movies WHERE id = $1 AND xmin::text::bigint = coalesce($2, xmin::text::bigint)",
        id,
        version,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Returns whether another movie has the same name and date.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some("movies_name_date_key")
}
