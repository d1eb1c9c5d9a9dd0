//! Actors and their movies.

use sqlx::PgConnection;

use super::page::MAX_OVERVIEW;
use crate::{
    http::Paging,
    models::movies::{Actor, ActorDetail, ActorPage, MovieSummary},
};

/// Returns a page of the actors by name, of all or of those whose name has words that begin with every word of
/// `search`, or `None` if the page is empty. One round trip.
pub async fn find_actors(
    connection: &mut PgConnection,
    search: Option<&str>,
    paging: &Paging,
) -> sqlx::Result<Option<ActorPage>> {
    let (offset, limit) = (paging.offset(), paging.per_page);
    // Two statements, because each has a plan of its own. The index is read once for each beginning, so not for those that a
    // longer word includes.
    let rows = match search {
        None => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT id, name, (SELECT count(*) FROM actors_movies WHERE actor_id = page.id) AS "movies!",
                       (SELECT count(*) FROM actors) AS "total!"
                FROM (SELECT id, name, key FROM actors ORDER BY key OFFSET $1 LIMIT $2) AS page
                ORDER BY key
                "#,
                offset,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
        Some(text) => {
            sqlx::query_as!(
                Row,
                r#"
                WITH given AS MATERIALIZED (
                    SELECT DISTINCT word COLLATE "C" AS word FROM unnest(name_words($1)) AS word
                ), found AS MATERIALIZED (
                    SELECT id, name, key FROM actors
                    WHERE words @@ (
                        SELECT string_agg('''' || word || ''':*', ' & ')::tsquery FROM given
                        WHERE NOT EXISTS (
                            SELECT FROM given AS longer
                            WHERE starts_with(longer.word, given.word) AND longer.word <> given.word
                        )
                    )
                )
                SELECT id AS "id!", name AS "name!",
                       (SELECT count(*) FROM actors_movies WHERE actor_id = page.id) AS "movies!",
                       (SELECT count(*) FROM found) AS "total!"
                FROM (SELECT id, name, key FROM found ORDER BY key OFFSET $2 LIMIT $3) AS page
                ORDER BY key
                "#,
                text,
                offset,
                limit,
            )
            .fetch_all(connection)
            .await?
        }
    };
    let Some(total) = rows.first().map(|row| row.total) else { return Ok(None) };
    let (prev_page, next_page) = paging.links("/theater/actors/", &[("q", search)], total);
    let actor = |row: Row| Actor { id: row.id, name: row.name, movies: row.movies };
    Ok(Some(ActorPage {
        actors: rows.into_iter().map(actor).collect(),
        prev_page,
        next_page,
        total_pages: paging.total_pages(total),
        total_items: total,
    }))
}

/// An actor of a page, and the number of actors on all pages.
struct Row {
    id: i64,
    name: String,
    movies: i64,
    total: i64,
}

/// Returns the actor with this id and a page of the movies, the newest id first. Returns `None` if there is no such actor,
/// or no such page; an actor without movies has an empty first page. One round trip.
pub async fn find_actor(
    connection: &mut PgConnection,
    id: i64,
    paging: &Paging,
) -> sqlx::Result<Option<ActorDetail>> {
    let rows = sqlx::query!(
        r#"
        SELECT actors.name AS actor,
               (SELECT count(*) FROM actors_movies WHERE actor_id = actors.id) AS "total!",
               movies.id AS "id?", movies.name AS "name?", date AS "date?", score AS "score?",
               left(overview, $4) AS overview
        FROM actors
            LEFT JOIN (
                SELECT movie_id FROM actors_movies WHERE actor_id = $1 ORDER BY movie_id DESC OFFSET $2 LIMIT $3
            ) AS page ON true
            LEFT JOIN movies ON movies.id = page.movie_id
        WHERE actors.id = $1
        ORDER BY movies.id DESC
        "#,
        id,
        paging.offset(),
        paging.per_page,
        MAX_OVERVIEW as i32,
    )
    .fetch_all(connection)
    .await?;
    let Some((name, total)) = rows.first().map(|row| (row.actor.clone(), row.total)) else { return Ok(None) };
    if paging.page > paging.total_pages(total).max(1) {
        return Ok(None);
    }
    let (prev_page, next_page) = paging.links(&format!("/theater/actors/{id}/"), &[], total);
    let movies = rows.into_iter().filter_map(|row| {
        let (id, name, date, score) = (row.id?, row.name?, row.date?, row.score?);
        Some(MovieSummary { id, name, date, score, overview: row.overview? })
    });
    Ok(Some(ActorDetail {
        id,
        name,
        movies: movies.collect(),
        prev_page,
        next_page,
        total_pages: paging.total_pages(total),
        total_items: total,
    }))
}
