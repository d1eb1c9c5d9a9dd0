//! `GET /api/v1/theater/actors/` and `GET /api/v1/theater/actors/{actor_id}/`

use serde_json::{Value, json};

use super::{created, open, with};
use crate::support::App;

const PATH: &str = "/api/v1/theater/actors/";

/// Starts the API with the actors of two movies.
async fn cast() -> App {
    let app = open().await;
    created(&app, with("Heat", json!({"actors": ["Robert De Niro", "Al Pacino", "Amy Brenneman"]}))).await;
    created(&app, with("Ronin", json!({"actors": ["robert de niro", "Jean Reno", "Stellan Skarsgård"]})))
        .await;
    created(
        &app,
        with("Léon", json!({"actors": ["Jean Reno", "Élodie Bouchez", "Eva Green", "O'Neal Ryan"]})),
    )
    .await;
    app
}

/// Returns the names on a page.
fn names(page: &Value) -> Vec<&str> {
    page["actors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|actor| actor["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn actors_are_listed_by_name_with_their_movies() {
    let app = cast().await;
    let page = app.get(&format!("{PATH}?per_page=4")).await.json();
    assert_eq!(names(&page), ["Al Pacino", "Amy Brenneman", "Eva Green", "Élodie Bouchez"]);
    assert_eq!((&page["total_items"], &page["total_pages"]), (&json!(8), &json!(2)));
    assert_eq!(page["prev_page"], json!(null));
    assert_eq!(page["next_page"], "/theater/actors/?page=2&per_page=4");
    let page = app.get(&format!("{PATH}?per_page=4&page=2")).await.json();
    assert_eq!(names(&page), ["Jean Reno", "O'Neal Ryan", "Robert De Niro", "Stellan Skarsgård"]);
    assert_eq!(page["actors"][2]["movies"], 2);
    assert_eq!(page["prev_page"], "/theater/actors/?page=1&per_page=4");
    assert_eq!(page["next_page"], json!(null));
}

#[tokio::test]
async fn search_finds_beginnings_of_words_without_accents_and_case() {
    let app = cast().await;
    for (q, found) in [
        ("pac", vec!["Al Pacino"]),
        ("RENO%20j", vec!["Jean Reno"]),
        ("elodie", vec!["Élodie Bouchez"]),
        ("%C3%A9lo", vec!["Élodie Bouchez"]),
        ("skarsgard", vec!["Stellan Skarsgård"]),
        ("o%27neal", vec!["O'Neal Ryan"]),
        ("e", vec!["Eva Green", "Élodie Bouchez"]),
        ("de-niro", vec!["Robert De Niro"]),
    ] {
        let page = app.get(&format!("{PATH}?q={q}")).await.json();
        assert_eq!(names(&page), found, "{q}");
    }
    let page = app.get(&format!("{PATH}?q=e&per_page=1")).await.json();
    assert_eq!(page["next_page"], "/theater/actors/?page=2&per_page=1&q=e");
}

#[tokio::test]
async fn nothing_found_gets_404() {
    let app = cast().await;
    for query in
        ["?q=nobody", "?page=9", "?page=9223372036854775808", "?q=...", "?q=%27%27%5C%3A*", "?q=%26%20%7C"]
    {
        let reply = app.get(&format!("{PATH}{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (404, json!({"detail": "No actors found."})),
            "{query}"
        );
    }
    assert_eq!(app.get(&format!("{PATH}?q=")).await.status, 422);
    assert_eq!(app.get(&format!("{PATH}?per_page=21")).await.status, 422);
    assert_eq!(open().await.get(PATH).await.status, 404);
}

#[tokio::test]
async fn actor_has_pages_of_movies_with_the_newest_first() {
    let app = cast().await;
    let found = app.get(&format!("{PATH}?q=niro")).await.json();
    let id = found["actors"][0]["id"].as_i64().expect("an id");
    let actor = app.get(&format!("{PATH}{id}/?per_page=1")).await.json();
    assert_eq!((&actor["id"], &actor["name"]), (&json!(id), &json!("Robert De Niro")));
    assert_eq!((&actor["movies"][0]["name"], &actor["movies"][1]), (&json!("Ronin"), &json!(null)));
    assert_eq!((&actor["total_items"], &actor["total_pages"]), (&json!(2), &json!(2)));
    assert_eq!(actor["next_page"], format!("/theater/actors/{id}/?page=2&per_page=1"));
    let actor = app.get(&format!("{PATH}{id}/?per_page=1&page=2")).await.json();
    assert_eq!((&actor["movies"][0]["name"], &actor["next_page"]), (&json!("Heat"), &json!(null)));
    for page in ["2", "9223372036854775808"] {
        let past = app.get(&format!("{PATH}{id}/?page={page}")).await;
        assert_eq!(
            (past.status.as_u16(), past.json()),
            (404, json!({"detail": "Actor not found."})),
            "{page}"
        );
    }
}

#[tokio::test]
async fn actor_without_movies_has_an_empty_page() {
    let app = open().await;
    let insert = sqlx::query_scalar("INSERT INTO actors (name) VALUES ('Ann') RETURNING id");
    let id: i64 = insert.fetch_one(&mut app.db().await).await.expect("it is stored");
    let actor = app.get(&format!("{PATH}{id}/")).await.json();
    let expected = json!({
        "id": id, "name": "Ann", "movies": [], "prev_page": null, "next_page": null, "total_pages": 0,
        "total_items": 0,
    });
    assert_eq!(actor, expected);
}

#[tokio::test]
async fn missing_actor_gets_404() {
    let app = open().await;
    for id in ["1", "0", "-1", "9223372036854775808"] {
        let reply = app.get(&format!("{PATH}{id}/")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()),
            (404, json!({"detail": "Actor not found."})),
            "{id}"
        );
    }
    assert_eq!(app.get(&format!("{PATH}x/")).await.status, 422);
}
