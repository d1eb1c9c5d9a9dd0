//! One page of the catalogue.

use serde::Serialize;
use sqlx::PgConnection;
use time::Date;

use super::iso_date;

/// A movie as it stands in a list.
#[derive(Debug, Serialize)]
pub struct Summary {
    id: i64,
    name: String,
    #[serde(with = "iso_date")]
    date: Date,
    score: f64,
    overview: String,
}

/// Movies of one page, and how many there are in all.
pub struct Page {
    /// The movies, newest id first.
    pub movies: Vec<Summary>,
    /// The size of the catalogue.
    pub total: i64,
}

impl Page {
    /// Loads `limit` movies after the first `offset`, or `None` where there are none.
    ///
    /// The total comes from the counters that the database keeps, and an offset past it reads no movie.
    pub async fn load(connection: &mut PgConnection, offset: i64, limit: i64) -> sqlx::Result<Option<Self>> {
        let rows = sqlx::query!(
            r#"
            SELECT id, name, date, score, overview,
                   (SELECT sum(movies)::bigint FROM movie_counts) AS "total!"
            FROM movies
            WHERE (SELECT sum(movies)::bigint FROM movie_counts) > $1
            ORDER BY id DESC
            OFFSET $1 LIMIT $2
            "#,
            offset,
            limit,
        )
        .fetch_all(connection)
        .await?;
        let Some(total) = rows.first().map(|row| row.total) else { return Ok(None) };
        let movies = rows
            .into_iter()
            .map(|row| Summary {
                id: row.id,
                name: row.name,
                date: row.date,
                score: row.score,
                overview: row.overview,
            })
            .collect();
        Ok(Some(Self { movies, total }))
    }
}
