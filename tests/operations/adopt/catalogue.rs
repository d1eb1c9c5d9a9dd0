//! The catalogue of the original.

use serde_json::{Value, json};

use super::{Original, counts};
use crate::support::App;

async fn movie(app: &App, id: i64) -> Value {
    let reply = app.get(&format!("/api/v1/theater/movies/{id}/")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn movie_keeps_its_id_and_values() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.execute("UPDATE actors SET name = 'MichaelB.Jordan' WHERE id = 70").await;
    original.adopt(&app).await;
    let actors =
        [&[70_i64][..], &(2..=9).map(|place| (21 * 3 + place * 7) % 300 + 1).collect::<Vec<_>>()].concat();
    let found = movie(&app, 21).await;
    assert_eq!(
        (&found["name"], &found["date"], &found["status"], &found["overview"], &found["score"]),
        (&json!("Movie 21"), &json!("1990-01-22"), &json!("Released"), &json!("About 21"), &json!(21.0)),
    );
    // 21.105 is rounded half up.
    assert_eq!((&found["budget"], &found["revenue"]), (&json!(21.11), &json!(52.5)));
    assert_eq!(found["country"], json!({"id": 1, "code": "US", "name": "United States"}));
    let ids = |list: &str| -> Vec<i64> {
        found[list].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(found["genres"][0], json!({"id": 2, "name": "Genre 2"}));
    assert_eq!(ids("genres"), [2, 3, 4, 5]);
    assert_eq!(found["languages"], json!([{"id": 2, "name": "français"}]));
    assert!(found["actors"].as_array().unwrap().contains(&json!({"id": 64, "name": "Actor64.Jordan"})));
    assert!(ids("actors").contains(&actors[1]), "{actors:?}");
    let unknown = movie(&app, 20).await;
    assert!(unknown["genres"].as_array().unwrap().contains(&json!({"id": 1, "name": "Unknown"})));
    assert_eq!(
        (&movie(&app, 1).await["status"], &movie(&app, 2).await["status"]),
        (&json!("Post Production"), &json!("In Production"))
    );
}

#[tokio::test]
async fn name_of_another_spelling_or_id_here_is_linked() {
    let app = App::start().await;
    let mut db = app.db().await;
    // A name that the original has in another spelling and under another id, and one in the place of "Genre 3".
    for statement in [
        "INSERT INTO genres (id, name) OVERRIDING SYSTEM VALUE VALUES (7, 'GENRE 2'), (3, 'Made here')",
        "INSERT INTO countries (id, code, name) OVERRIDING SYSTEM VALUE VALUES (1, 'DE', 'Germany')",
    ] {
        sqlx::query(statement).execute(&mut db).await.unwrap();
    }
    let original = Original::with(100).await;
    let answer = original.adopt(&app).await;
    // 20 names: one is here, "Genre 3" and "Genre 7" get other ids.
    assert_eq!(counts(&answer, "genres"), [20, 19, 0, 0, 0, 2]);
    assert_eq!(counts(&answer, "countries"), [3, 3, 0, 0, 0, 1]);
    let found = movie(&app, 21).await;
    let names: Vec<_> =
        found["genres"].as_array().unwrap().iter().map(|genre| (&genre["id"], &genre["name"])).collect();
    assert_eq!(
        names,
        [
            (&json!(4), &json!("Genre 4")),
            (&json!(5), &json!("Genre 5")),
            (&json!(7), &json!("GENRE 2")),
            (&json!(21), &json!("Genre 3")),
        ]
    );
    assert_eq!((&found["country"]["code"], &found["country"]["id"]), (&json!("US"), &json!(4)));
}

#[tokio::test]
async fn movie_with_an_id_below_one_has_its_links() {
    let app = App::start().await;
    let mut original = Original::with(20).await;
    original
        .execute(
            "INSERT INTO movies (id, name, date, score, overview, status, budget, revenue, country_id)
             SELECT id, 'Early', date '2001-01-01' + id, 1, '', 'RELEASED', 1, 1, 1 FROM generate_series(-2, 0) AS id;
             INSERT INTO movies_genres SELECT id, 2 FROM generate_series(-2, 0) AS id;
             INSERT INTO actors_movies SELECT id, 3 FROM generate_series(-2, 0) AS id",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(counts(&answer, "movies"), [23, 23, 0, 0, 0, 0]);
    for id in -2..=0 {
        let found = movie(&app, id).await;
        assert_eq!(found["genres"], json!([{"id": 2, "name": "Genre 2"}]), "{id}");
        assert_eq!(found["actors"], json!([{"id": 3, "name": "Actor3.Jordan"}]), "{id}");
    }
}
