//! The genres of the catalogue.

use sqlx::PgConnection;

use crate::models::movies::Genre;

/// Returns all genres in the order of their names, whatever their case. Counts movies in an index of the links. One
/// round trip.
pub async fn all_genres(connection: &mut PgConnection) -> sqlx::Result<Vec<Genre>> {
    sqlx::query_as!(
        Genre,
        r#"
            SELECT id, name, coalesce(movies, 0) AS "movies!"
            FROM genres LEFT JOIN (
                SELECT genre_id, count(*) AS movies FROM movies_genres GROUP BY genre_id
            ) AS links ON genre_id = id
            ORDER BY key
            "#
    )
    .fetch_all(connection)
    .await
}
