//! Movies created, changed and deleted.

use sqlx::{PgConnection, types::Json};

use super::{
    Actors, Budget, Country, CountryCode, Kinds, Movie, Name, Named, ReleaseDate, Revenue, Score, Status,
    money,
};
use crate::input::{Change, Text};

/// A movie that does not exist yet.
pub struct NewMovie {
    /// With `date`, what tells it from all others.
    pub name: Name,
    /// The day of its release.
    pub date: ReleaseDate,
    /// In percent.
    pub score: Score,
    /// What it is about; may be empty.
    pub overview: Text,
    /// Whether it can be seen.
    pub status: Status,
    /// What it cost.
    pub budget: Budget,
    /// What it earned.
    pub revenue: Revenue,
    /// Where it was made.
    pub country: CountryCode,
    /// What kind of movie it is.
    pub genres: Kinds,
    /// Who plays in it.
    pub actors: Actors,
    /// What is spoken in it.
    pub languages: Kinds,
}

impl NewMovie {
    /// Stores the movie, and the country and the names that are new. Returns the movie as [`Movie::find`] would read
    /// it, or `None` where one with this name and date exists. One round trip, all or nothing.
    pub async fn store(self, connection: &mut PgConnection) -> sqlx::Result<Option<Movie>> {
        let overview = self.overview.into_string();
        let stored = sqlx::query!(
            r#"
            SELECT movie AS "id!", movie_version AS "version!", country AS "country_id!", country_name,
                   genre_list AS "genres!: Json<Vec<Named>>", actor_list AS "actors!: Json<Vec<Named>>",
                   language_list AS "languages!: Json<Vec<Named>>"
            FROM insert_movie($1, $2, $3, $4, $5::text::movie_status, $6, $7, $8, $9, $10, $11)
            "#,
            self.name.as_str(),
            self.date.get(),
            self.score.get(),
            overview.as_str(),
            self.status.name(),
            self.budget.hundredths(),
            self.revenue.get(),
            self.country.as_str(),
            self.genres.as_slice(),
            self.actors.as_slice(),
            self.languages.as_slice(),
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
                date: self.date.get(),
                score: self.score.get(),
                overview,
                status: self.status.name().to_owned(),
                budget: money::dollars(self.budget.hundredths()),
                revenue: self.revenue.get(),
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

/// New values for some fields of a movie.
pub struct MovieChange {
    /// With `date`, what tells it from all others.
    pub name: Change<Name>,
    /// The day of its release.
    pub date: Change<ReleaseDate>,
    /// In percent.
    pub score: Change<Score>,
    /// What it is about.
    pub overview: Change<Text>,
    /// Whether it can be seen.
    pub status: Change<Status>,
    /// What it cost.
    pub budget: Change<Budget>,
    /// What it earned.
    pub revenue: Change<Revenue>,
}

/// What became of a change.
pub enum Outcome {
    /// It is made.
    Changed,
    /// The movie does not exist, or not in the version that was to be changed.
    Missing,
    /// A field would lose its value, or another movie has the new name and date.
    Refused,
}

impl MovieChange {
    /// Changes the movie, if it still has this version where one is given. One round trip.
    pub async fn store(
        self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
    ) -> sqlx::Result<Outcome> {
        let kinds = self.kinds();
        // No field of a movie can do without a value.
        let has_null = kinds.contains(&Change::Null);
        if !has_null && kinds.contains(&Change::To(())) {
            return self.write(connection, id, version).await;
        }
        let exists =
            sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM movies WHERE id = $1) AS "exists!""#, id)
                .fetch_one(connection)
                .await?;
        Ok(match (exists, has_null) {
            (false, _) => Outcome::Missing,
            (true, true) => Outcome::Refused,
            (true, false) => Outcome::Changed,
        })
    }

    fn kinds(&self) -> [Change<()>; 7] {
        [
            self.name.kind(),
            self.date.kind(),
            self.score.kind(),
            self.overview.kind(),
            self.status.kind(),
            self.budget.kind(),
            self.revenue.kind(),
        ]
    }

    async fn write(
        self,
        connection: &mut PgConnection,
        id: i64,
        version: Option<i64>,
    ) -> sqlx::Result<Outcome> {
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
            self.name.value().map(Name::into_string),
            self.date.value().map(ReleaseDate::get),
            self.score.value().map(Score::get),
            self.overview.value().map(Text::into_string),
            self.status.value().map(Status::name),
            self.budget.value().map(|budget| budget.hundredths()),
            self.revenue.value().map(Revenue::get),
        )
        .execute(connection)
        .await;
        match stored {
            Err(error) if is_taken(&error) => Ok(Outcome::Refused),
            Err(error) => Err(error),
            Ok(stored) if stored.rows_affected() == 0 => Ok(Outcome::Missing),
            Ok(_) => Ok(Outcome::Changed),
        }
    }
}

/// Deletes the movie, if it still has this version where one is given, and answers whether it did. One round
/// trip.
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

/// Whether another movie has the name and the date.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some("movies_name_date_key")
}
