//! Genres, actors and languages in other spellings.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{PATH, create, created, detail, open, with};
use crate::support::{App, Method};

/// Returns the names on a list of a movie.
fn names(movie: &Value, list: &str) -> Vec<String> {
    let items = movie[list].as_array().expect("a list").iter();
    items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

async fn store_actor(app: &App, name: &str) -> i64 {
    let insert = sqlx::query_scalar("INSERT INTO actors (name) VALUES ($1) RETURNING id");
    insert.bind(name).fetch_one(&mut app.db().await).await.expect("it is stored")
}

#[tokio::test]
async fn name_is_found_whatever_its_case_and_normal_form() {
    let app = open().await;
    for (stored, sent) in [
        ("Leonardo DiCaprio", "leonardo dicaprio"),
        ("Léa Seydoux", "LE\u{301}A SEYDOUX"),
        ("Straßer", "STRASSER"),
        ("ΟΔΟΣ", "οδος"),
        ("이병헌", "\u{110b}\u{1175}\u{1107}\u{1167}\u{11bc}\u{1112}\u{1165}\u{11ab}"),
    ] {
        let id = store_actor(&app, stored).await;
        let movie = created(&app, with(sent, json!({ "actors": [sent] }))).await;
        assert_eq!(detail(&app, movie).await["actors"], json!([{"id": id, "name": stored}]), "{sent}");
        let query = percent_encoding::utf8_percent_encode(sent, percent_encoding::NON_ALPHANUMERIC);
        let found = app.get(&format!("{PATH}?actor={query}")).await.json();
        assert_eq!(found["total_items"], 1, "{sent}");
    }
}

#[tokio::test]
async fn other_letters_are_another_name() {
    let app = open().await;
    let actors = json!(["Isik", "Işık", "Eva", "Éva"]);
    let id = created(&app, with("Heat", json!({ "actors": actors }))).await;
    assert_eq!(names(&detail(&app, id).await, "actors").len(), 4);
}

#[tokio::test]
async fn name_sent_in_several_spellings_is_one() {
    let app = open().await;
    let lists = json!({
        "genres": ["drama", "DRAMA"], "actors": ["Zoë", "ZOE\u{308}", "zoë "], "languages": ["straße", "STRASSE"],
    });
    let movie = create(&app, with("Heat", lists)).await.json();
    assert_eq!(
        (names(&movie, "genres"), names(&movie, "actors")),
        (vec!["Drama".into()], vec!["Zoë".into()])
    );
    assert_eq!(names(&movie, "languages").len(), 1);
}

#[tokio::test]
async fn creates_at_once_share_a_new_name() {
    let app = open().await;
    let spellings = ["Zoë Kravitz", "zoe\u{308} kravitz", "ZOË KRAVITZ", "zoë Kravitz"];
    let creates = spellings.iter().enumerate().map(|(number, name)| {
        create(&app, with(&format!("Movie {number}"), json!({"actors": [name], "genres": [name]})))
    });
    let mut ids: Vec<_> =
        join_all(creates).await.iter().map(|reply| reply.json()["actors"][0]["id"].clone()).collect();
    ids.dedup();
    assert_eq!((ids.len(), ids[0].is_i64()), (1, true), "{ids:?}");
}

#[tokio::test]
async fn texts_are_stored_in_nfc_and_counted_so() {
    let app = open().await;
    let long = "e\u{301}".repeat(255);
    let movie = json!({ "overview": "Ame\u{301}lie", "actors": [long] });
    let id = created(&app, with(&long, movie)).await;
    let stored = detail(&app, id).await;
    assert_eq!((&stored["name"], &stored["overview"]), (&json!("é".repeat(255)), &json!("Amélie")));
    assert_eq!(names(&stored, "actors")[0].chars().count(), 255);
    let change = json!({"name": "Ame\u{301}lie", "overview": "\u{1112}\u{1161}\u{11ab}"});
    let reply = app.request(Method::PATCH, &format!("{PATH}{id}/")).body(change.to_string()).send().await;
    assert_eq!(reply.status, 200);
    let stored = detail(&app, id).await;
    assert_eq!((&stored["name"], &stored["overview"]), (&json!("Amélie"), &json!("한")));
    let taken = create(&app, with("Ame\u{301}lie", json!({}))).await;
    assert_eq!(taken.status, 409);
}
