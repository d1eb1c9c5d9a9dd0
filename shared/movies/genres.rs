//! The genres of the catalogue.

use sqlx::PgConnection;

use crate::models::movies::Genre;

/// Returns all genres in the order of their names, whatever their case, with the numbers of movies that the database
/// maintains. One round trip.
pub async fn all_genres(connection: &mut PgConnection) -> sqlx::Result<Vec<Genre>> {
    sqlx::query_as!(
        Genre,
        r#"
        SELECT genres.id, name, coalesce(counts.movies, 0) AS "movies!"
        FROM genres LEFT JOIN (
            SELECT genre_id, sum(movies) AS movies FROM genre_counts GROUP BY genre_id
        ) AS counts ON genre_id = genres.id
        ORDER BY key
        "#
    )
    .fetch_all(connection)
    .await
}
