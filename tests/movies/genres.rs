//! `GET /api/v1/theater/genres/`

use serde_json::json;

use super::{created, open, with};
use crate::support::Method;

#[tokio::test]
async fn genres_are_sorted_with_movie_counts() {
    let app = open().await;
    let path = "/api/v1/theater/genres/";
    assert_eq!(app.get(path).await.json(), json!({"genres": []}));
    let id = created(&app, with("Heat", json!({"genres": ["drama", "crime"]}))).await;
    created(&app, with("Ronin", json!({"genres": ["crime", "thriller"]}))).await;
    let numbers = async || {
        let genres = app.get(path).await.json()["genres"].clone();
        let genres = genres.as_array().expect("a list").iter();
        genres.map(|genre| (genre["name"].clone(), genre["movies"].clone())).collect::<Vec<_>>()
    };
    let expect = |list: [(&str, i64); 3]| list.map(|(name, movies)| (json!(name), json!(movies)));
    assert_eq!(numbers().await, expect([("Crime", 2), ("Drama", 1), ("Thriller", 1)]));
    let movie = format!("{}{id}/", super::PATH);
    assert_eq!(app.request(Method::DELETE, &movie).send().await.status, 204);
    assert_eq!(numbers().await, expect([("Crime", 1), ("Drama", 0), ("Thriller", 1)]));
}
