//! Adds movies to the search index.

use std::time::SystemTime;

use sqlx::{Connection, PgConnection};

use super::Document;

/// The number of movies per transaction.
const BATCH: i64 = 500;

/// Indexes the movies that are not indexed yet, newest first, until `end`. Returns the number of indexed movies, and
/// whether no other movies remain.
///
/// Commits each batch, so a later call continues after an interrupted one.
pub async fn index_missing(connection: &mut PgConnection, end: SystemTime) -> sqlx::Result<(u64, bool)> {
    let (mut indexed, mut below) = (0, i64::MAX);
    while SystemTime::now() < end {
        let mut transaction = connection.begin().await?;
        // The lock keeps writers from changing a name while the old one is being indexed.
        let movies = sqlx::query!(
            r#"SELECT id, name, left(overview, 100000) AS "overview!" FROM movies
             WHERE id < $1 AND NOT EXISTS (SELECT FROM movie_search WHERE movie_id = id)
             ORDER BY id DESC LIMIT $2 FOR SHARE"#,
            below,
            BATCH,
        )
        .fetch_all(&mut *transaction)
        .await?;
        let Some(last) = movies.last() else { return Ok((indexed, true)) };
        below = last.id;
        let (mut ids, mut keys, mut words, mut name_words) = (vec![], vec![], vec![], vec![]);
        for movie in &movies {
            let document = Document::new(&movie.name, &movie.overview);
            ids.push(movie.id);
            keys.push(document.key);
            words.push(document.words);
            name_words.extend(document.name_words);
        }
        name_words.sort_unstable();
        name_words.dedup();
        sqlx::query!(
            "INSERT INTO movie_search (movie_id, key, search)
             SELECT id, key, words::tsvector FROM unnest($1::bigint[], $2::text[], $3::text[]) AS new (id, key, words)
             ON CONFLICT DO NOTHING",
            &ids,
            &keys,
            &words,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("SELECT FROM add_name_words($1)", &name_words).execute(&mut *transaction).await?;
        transaction.commit().await?;
        indexed += movies.len() as u64;
    }
    Ok((indexed, false))
}
