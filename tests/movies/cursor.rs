//! Cursors of `GET /api/v1/theater/movies/`.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};

use super::{PATH, created, open, with};
use crate::support::{App, Reply, repeated};

/// Starts the API with twelve movies, several of which have equal sort keys.
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

/// Returns the order and the hash of the filters, as the cursors of a list contain them.
async fn start_of_cursors(app: &App, query: &str) -> String {
    let reply = app.get(&format!("{PATH}?per_page=1&{query}")).await;
    let link = next(&reply).expect("there is more");
    let cursor = link.split(['=', '&']).nth(1).expect("the link has a cursor").to_owned();
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("base64")).expect("UTF-8");
    text.split(':').next().expect("it has parts").to_owned()
}

/// Returns the target of the `Link` header.
fn next(reply: &Reply) -> Option<String> {
    let target = reply.header("link")?.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(format!("{PATH}{target}"))
}

#[tokio::test]
async fn cursor_pagination_returns_every_movie_once_per_sort() {
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
        "q=mvoie",
        "q=movie+-drama&sort=-score,name",
        "genre=drama&sort=name",
        "genre=drama|comedy&country=us|fr&sort=-name",
        "sort=date,-score",
        "sort=-score,-date",
        "sort=score,-name,date",
        "sort=-date,name,-id",
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
async fn cursor_pages_do_not_shift_on_insert_or_delete() {
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
async fn last_cursor_page_has_no_next_link() {
    let app = catalogue().await;
    assert_eq!(next(&app.get(&format!("{PATH}?per_page=12")).await), None);
    assert_eq!(next(&app.get(&format!("{PATH}?per_page=4&page=3")).await), None);
    let last = format!("{PATH}?after={}", BASE64_URL_SAFE_NO_PAD.encode("-id:12:1:"));
    let reply = app.get(&last).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (404, json!({"detail": "No movies found."})));
}

#[tokio::test]
async fn invalid_cursor_gets_422() {
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
        "date:5:1:0000-01-01",
        "date:5:1:-0001-01-01",
        "date:5:1:10000-01-01",
        "score:12:1:x",
        "score:12:1:NaN",
        "score:12:1:inf",
        "score:12:1:1e-400",
        "score:12:1:-1",
        "score:12:1:100.1",
        "name:12:1:\0",
        "-id:12:1:'; DROP TABLE movies",
        &format!("name:12:1:{}", "x".repeat(256)),
        &format!("name:12:1:{}", "x".repeat(5000)),
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
            "msg": "Value error, This is not a cursor of this list.",
            "input": repeated(after),
            "ctx": {"error": {}},
        });
        assert_eq!(reply.json(), json!({ "detail": [fault] }), "{text}");
    }
    for relevance in ["4", "0.5", "-1", "-0", ""] {
        let after = BASE64_URL_SAFE_NO_PAD.encode(format!("-relevance:12:1:{relevance}"));
        assert_eq!(app.get(&format!("{PATH}?q=word&after={after}")).await.status, 422, "{relevance}");
    }
    let cursor = BASE64_URL_SAFE_NO_PAD.encode("-id:12:5:");
    for (query, sentence) in [
        (format!("after={cursor}&sort=name"), "The cursor belongs to another order."),
        (format!("after={cursor}&q=word"), "The cursor belongs to another order."),
        (format!("after={cursor}&page=1"), "A cursor and a page cannot go together."),
        (
            format!("after={}", BASE64_URL_SAFE_NO_PAD.encode("-relevance:1:1:0")),
            "The cursor belongs to another order.",
        ),
    ] {
        let reply = app.get(&format!("{PATH}?{query}")).await;
        assert_eq!(reply.status, 422, "{query}");
        assert_eq!(reply.json()["detail"][0]["msg"], format!("Value error, {sentence}"), "{query}");
    }
}

#[tokio::test]
async fn cursor_of_other_filters_gets_422() {
    let app = catalogue().await;
    let cursor_of = async |query: &str| {
        let reply = app.get(&format!("{PATH}?per_page=1&{query}")).await;
        let link = next(&reply).expect("there is more");
        link.split(['=', '&']).nth(1).expect("the link has a cursor").to_owned()
    };
    for (one, other) in [
        ("sort=-id", "genre=drama"),
        ("genre=drama", "genre=comedy"),
        ("genre=drama", "genre=drama&genre=drama"),
        ("genre=drama|x", "genre=drama&genre=x"),
        ("q=word", "q=movie"),
        ("q=word&year_from=1950", "q=word&year_from=1951"),
        ("country=us", "sort=-id"),
    ] {
        let cursor = cursor_of(one).await;
        assert_eq!(app.get(&format!("{PATH}?after={cursor}&{one}")).await.status, 200, "{one}");
        let reply = app.get(&format!("{PATH}?after={cursor}&{other}")).await;
        assert_eq!(reply.status, 422, "{other}");
        let sentence = "Value error, The cursor belongs to other filters.";
        assert_eq!(reply.json()["detail"][0]["msg"], sentence, "{other}");
    }
}

#[tokio::test]
async fn generated_cursors_never_cause_500() {
    let app = catalogue().await;
    let mut runner = TestRunner::default();
    let integers = "-?[0-9]{1,19}|[1-9]|9223372036854775807|-9223372036854775808";
    let keys = |sort: &str| match sort {
        "name" => "\\PC{1,255}|\\p{any}{1,10}",
        "date" | "-date" => "[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]|[-+]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}",
        "-id" => "",
        "-relevance" => "[0-9]|-?[0-9]{0,3}(\\.[0-9])?",
        _ => "[0-9]{1,2}(\\.[0-9]{1,17})?|100|0|0\\.0{1,330}[1-9]{1,3}|[1-9][0-9]{0,40}|-?[0-9.e+-]{1,9}",
    };
    let mut answers = BTreeMap::new();
    let relevance = start_of_cursors(&app, "q=word").await;
    for sort in ["-id", "name", "date", "-date", "score", "-score", "-relevance"] {
        let start = if sort == "-relevance" { relevance.as_str() } else { sort };
        let places = (integers, integers, keys(sort));
        for _ in 0..150 {
            let (total, id, key) = places.new_tree(&mut runner).expect("a cursor can be made").current();
            let cursor = format!("{start}:{total}:{id}:{key}");
            let after = BASE64_URL_SAFE_NO_PAD.encode(&cursor);
            let order = if sort == "-relevance" { "q=word".to_owned() } else { format!("sort={sort}") };
            let reply = app.get(&format!("{PATH}?{order}&after={after}")).await;
            let status = reply.status.as_u16();
            assert!([200, 404, 422].contains(&status), "{cursor:?} was answered {status}: {}", reply.text());
            if status == 422 {
                let sentence = "Value error, This is not a cursor of this list.";
                assert_eq!(reply.json()["detail"][0]["msg"], sentence, "{cursor:?}");
            }
            *answers.entry((sort, status != 422)).or_insert(0) += 1;
        }
    }
    for sort in ["-id", "name", "date", "-date", "score", "-score", "-relevance"] {
        assert!(answers.contains_key(&(sort, true)), "no cursor of {sort} was accepted: {answers:?}");
    }
    assert!(app.lines().iter().all(|line| line["level"] == "INFO"), "no request failed inside the service");
}
