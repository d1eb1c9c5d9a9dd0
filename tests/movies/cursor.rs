//! Walking `GET /api/v1/theater/movies/` by cursor.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{PATH, created, open, with};
use crate::support::{App, Reply};

/// Twelve movies of which several are alike in what they are sorted by.
async fn catalogue() -> App {
    let app = open().await;
    for number in 0..12 {
        let fields = json!({
            "date": format!("19{}0-01-01", 5 + number % 3),
            "score": 12.1 * f64::from(number % 4),
            "overview": "word ".repeat(number as usize % 5 + 1),
            "genres": [if number < 8 { "Drama" } else { "Comedy" }],
        });
        created(&app, with(&format!("Movie {:02}: é", number * 7 % 12), fields)).await;
    }
    app
}

fn ids(reply: &Reply) -> Vec<i64> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    let movies = body["movies"].as_array().expect("a list").iter();
    movies.map(|movie| movie["id"].as_i64().expect("an id")).collect()
}

/// Where the `Link` header leads.
fn next(reply: &Reply) -> Option<String> {
    let target = reply.header("link")?.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(format!("{PATH}{target}"))
}

#[tokio::test]
async fn a_walk_meets_every_movie_once_in_every_order() {
    let app = catalogue().await;
    for query in [
        "",
        "sort=name",
        "sort=date",
        "sort=-date",
        "sort=score",
        "sort=-score",
        "q=word",
        "q=word&sort=-id",
        "genre=drama&sort=name",
    ] {
        let pages = ids(&app.get(&format!("{PATH}?per_page=20&{query}")).await);
        let mut reply = app.get(&format!("{PATH}?per_page=5&{query}")).await;
        let total = reply.json()["total_items"].clone();
        let mut walked = ids(&reply);
        while let Some(path) = next(&reply) {
            reply = app.get(&path).await;
            walked.extend(ids(&reply));
            let body = reply.json();
            assert_eq!(body["total_items"], total, "{path}");
            assert_eq!(body["prev_page"], Value::Null);
            let continued = next(&reply).map(|path| path.replace("/api/v1", ""));
            assert_eq!(body["next_page"].as_str(), continued.as_deref());
        }
        assert_eq!(walked, pages, "{query}");
        assert_eq!(json!(walked.len()), total, "{query}");
    }
}

#[tokio::test]
async fn a_movie_that_comes_or_goes_shifts_nothing() {
    let app = catalogue().await;
    let first = app.get(&format!("{PATH}?per_page=5")).await;
    let seen = ids(&first);
    created(&app, with("Newest", json!({}))).await;
    sqlx::query("DELETE FROM movies WHERE id = $1").bind(seen[4]).execute(&mut app.db().await).await.unwrap();
    let second = app.get(&next(&first).expect("there is more")).await;
    assert_eq!(ids(&second)[0], seen[4] - 1);
    assert_eq!(second.json()["total_items"], 12);
}

#[tokio::test]
async fn the_last_page_leads_nowhere() {
    let app = catalogue().await;
    assert_eq!(next(&app.get(&format!("{PATH}?per_page=12")).await), None);
    assert_eq!(next(&app.get(&format!("{PATH}?per_page=4&page=3")).await), None);
    let last = format!("{PATH}?after={}", BASE64_URL_SAFE_NO_PAD.encode("-id:12:1:"));
    let reply = app.get(&last).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (404, json!({"detail": "No movies found."})));
}

#[tokio::test]
async fn what_is_no_cursor_is_told() {
    let app = catalogue().await;
    let refused = [
        "",
        "x",
        "-id",
        "-id:12:1",
        "id:12:1:",
        "-id:x:1:",
        "-id:0:1:",
        "-id:12:x:",
        "-id:12:1:x",
        "-id:12:9223372036854775808:",
        "date:12:1:",
        "date:12:1:1950-13-01",
        "score:12:1:x",
        "score:12:1:NaN",
        "score:12:1:inf",
        "name:12:1:\0",
        "-id:12:1:'; DROP TABLE movies",
    ];
    for text in refused {
        let after = BASE64_URL_SAFE_NO_PAD.encode(text);
        let sort = text.split(':').next().unwrap_or_default().replace("-id", "");
        let sort =
            if ["date", "score", "name"].contains(&&*sort) { format!("&sort={sort}") } else { String::new() };
        let reply = app.get(&format!("{PATH}?after={after}{sort}")).await;
        assert_eq!(reply.status, 422, "{text}");
        let fault = json!({
            "type": "value_error",
            "loc": ["query", "after"],
            "msg": "Value error, This is no cursor of this list.",
            "input": after,
            "ctx": {"error": {}},
        });
        assert_eq!(reply.json(), json!({ "detail": [fault] }), "{text}");
    }
    let cursor = BASE64_URL_SAFE_NO_PAD.encode("-id:12:5:");
    for (query, sentence) in [
        (format!("after={cursor}&sort=name"), "The cursor belongs to another order."),
        (format!("after={cursor}&q=word"), "The cursor belongs to another order."),
        (format!("after={cursor}&page=1"), "A cursor and a page cannot go together."),
        (
            format!("after={}", BASE64_URL_SAFE_NO_PAD.encode("-relevance:1:1:0.5")),
            "The cursor belongs to another order.",
        ),
    ] {
        let reply = app.get(&format!("{PATH}?{query}")).await;
        assert_eq!(reply.status, 422, "{query}");
        assert_eq!(reply.json()["detail"][0]["msg"], format!("Value error, {sentence}"), "{query}");
    }
}
