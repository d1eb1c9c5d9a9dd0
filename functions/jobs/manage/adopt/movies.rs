//! Takes over movies with their links.

use shared::{
    json::Json,
    models::movies::NewMovie,
    validation::{Fault, FromObject, Object},
};
use sqlx::{Postgres, Transaction};

use super::{Failure, report::Report, staging::Table};
use crate::{
    country::country_name,
    import::{copy::Buffer, load, reading},
};

/// The table. Blank names in lists are ignored, as in an import.
pub const MOVIES: Table = Table {
    name: "movies",
    query: r#"SELECT movies.id, movies.name, date, score, overview, budget, revenue, countries.code AS country,
                  replace(initcap(status::text COLLATE "C"), '_', ' ') AS status, coalesce(genres.names, '{}') AS genres,
                  coalesce(actors.names, '{}') AS actors, coalesce(languages.names, '{}') AS languages
              FROM public.movies LEFT JOIN public.countries ON countries.id = country_id
              LEFT JOIN (
                  SELECT movie_id, array_agg(name ORDER BY id) AS names
                  FROM public.movies_genres JOIN public.genres ON id = genre_id WHERE btrim(name) <> '' GROUP BY 1
              ) AS genres ON genres.movie_id = movies.id
              LEFT JOIN (
                  SELECT movie_id, array_agg(name ORDER BY id) AS names
                  FROM public.actors_movies JOIN public.actors ON id = actor_id WHERE btrim(name) <> '' GROUP BY 1
              ) AS actors ON actors.movie_id = movies.id
              LEFT JOIN (
                  SELECT movie_id, array_agg(name ORDER BY id) AS names
                  FROM public.movies_languages JOIN public.languages ON id = language_id WHERE btrim(name) <> ''
                  GROUP BY 1
              ) AS languages ON languages.movie_id = movies.id"#,
    staging: "staged",
    quotes: true,
    read,
};

fn read(id: i64, row: &Json<'_>, buffer: &mut Buffer) -> Result<(), Vec<Fault>> {
    let movie = NewMovie::from_object(Object::new("body", row))?;
    reading::write(buffer, id, &movie);
    Ok(())
}

/// Adds the new movies, and replaces those that have changed in the original. Does not add what was deleted here.
pub async fn store(
    transaction: &mut Transaction<'_, Postgres>,
    report: &mut Report,
) -> Result<load::Stored, Failure> {
    let changed = sqlx::query(
        "WITH changed AS (
            DELETE FROM movies USING source_changes AS change
            WHERE change.kind = 'movie' AND change.id = movies.id AND NOT is_new
            RETURNING movies.id
        ) INSERT INTO fresh (line, movie_id) SELECT id, id FROM changed",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    let new = sqlx::query(
        "INSERT INTO fresh (line, movie_id) SELECT id, id FROM source_changes WHERE kind = 'movie' AND is_new",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    sqlx::raw_sql("ANALYZE fresh").execute(&mut **transaction).await?;
    let stored = load::store_fresh(transaction, country_name, changed + new, load::Conflict::Skip).await?;
    if stored.movies < changed + new {
        return Err(Failure::Raced);
    }
    let counts = report.table(MOVIES.name);
    (counts.new, counts.changed) = (new, changed);
    Ok(stored)
}
