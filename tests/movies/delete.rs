//! `DELETE /api/v1/theater/movies/{movie_id}/`

use futures_util::future::join_all;
use serde_json::json;

use super::{PATH, body, created, open};
use crate::support::{App, Method, Reply};

async fn delete(app: &App, id: impl std::fmt::Display) -> Reply {
    app.request(Method::DELETE, &format!("{PATH}{id}/")).send().await
}

#[tokio::test]
async fn delete_removes_movie_and_links_but_keeps_names() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    created(&app, body("Ronin")).await;
    let reply = delete(&app, id).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert_eq!(app.get(&format!("{PATH}{id}/")).await.status, 404);
    assert_eq!(app.get(PATH).await.json()["total_items"], 1);
    let (links, actors): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM actors_movies), (SELECT count(*) FROM actors)")
            .fetch_one(&mut app.db().await)
            .await
            .unwrap();
    assert_eq!((links, actors), (2, 2));
}

#[tokio::test]
async fn delete_of_unknown_id_gets_404() {
    let app = open().await;
    for id in ["1", "0", "-1", "9223372036854775808"] {
        let reply = delete(&app, id).await;
        assert_eq!(reply.status, 404, "{id}");
        assert_eq!(reply.json(), json!({"detail": "Movie with the given ID was not found."}), "{id}");
    }
}

#[tokio::test]
async fn concurrent_deletes_succeed_once() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let replies = join_all((0..4).map(|_| delete(&app, id))).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404]);
    assert_eq!(app.get(PATH).await.status, 404);
}
