//! Searches that find more movies than are counted.

use serde_json::{Value, json};
use sqlx::Executor;

use super::{PATH, open};
use crate::support::{App, Reply, catalogue};

const MOVIES: i64 = 10_300;

/// Returns the name of a movie, by its id, and the class of a search for "story" that the name belongs to.
fn name(id: i64) -> (String, i64) {
    match id {
        _ if id % 1000 == 0 => ("Story".to_owned(), 0),
        _ if id % 100 == 1 => (format!("Story of {id}"), 1),
        _ if id % 10 == 2 => (format!("A Story {id}"), 2),
        _ => (format!("Film {id}"), 3),
    }
}

/// The API with movies that all have the word "story".
async fn app() -> App {
    let app = open().await;
    let mut db = app.db().await;
    db.execute("INSERT INTO countries (code) VALUES ('US')").await.unwrap();
    let names: Vec<_> = (1..=MOVIES).map(|id| name(id).0).collect();
    sqlx::query(
        "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT new.name, date '1900-01-01' + number::int, number % 7, 'A story.', 'Released', 0, 0, countries.id
         FROM countries, unnest($1::text[]) WITH ORDINALITY AS new (name, number) ORDER BY number",
    )
    .bind(&names)
    .execute(&mut db)
    .await
    .unwrap();
    catalogue::index(&mut db).await;
    db.execute("VACUUM ANALYZE").await.unwrap();
    app
}

fn ids(reply: &Reply) -> Vec<i64> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let page = reply.json();
    assert_eq!((&page["total_items"], &page["total_pages"]), (&Value::from(10_000), &Value::from(500)));
    page["movies"].as_array().unwrap().iter().map(|movie| movie["id"].as_i64().unwrap()).collect()
}

/// Asserts that pages have the movies of `expected`, and that cursors continue where the pages end.
async fn assert_list(app: &App, query: &str, expected: &[i64]) {
    for page in [1, 2, 7, 60, 500] {
        let reply = app.get(&format!("{PATH}?{query}&per_page=20&page={page}")).await;
        let first = (page - 1) * 20;
        assert_eq!(ids(&reply), expected[first..first + 20], "{query}, page {page}");
    }
    assert_eq!(app.get(&format!("{PATH}?{query}&per_page=20&page=501")).await.status, 404);
    for page in [5, 499] {
        let mut reply = app.get(&format!("{PATH}?{query}&per_page=20&page={page}")).await;
        let mut read = page * 20;
        while let Some(link) = reply.header("link") {
            let target = link.strip_prefix('<').and_then(|link| link.split_once('>')).expect("a target").0;
            reply = app.get(&format!("{PATH}{target}")).await;
            let ids = ids(&reply);
            assert_eq!(ids, expected[read..read + ids.len()], "{query}, from {read}");
            read += ids.len();
            if page == 5 && read > 300 {
                break;
            }
        }
        assert!(page == 5 || read == expected.len(), "{query} ended at {read}");
    }
}

#[tokio::test]
async fn long_search_has_10000_on_pages_and_all_by_cursor() {
    let app = app().await;
    let mut expected: Vec<_> = (1..=MOVIES).collect();
    expected.sort_by_key(|id| (name(*id).1, -id));
    assert_list(&app, "q=story", &expected).await;
    assert_list(&app, "q=story&year_from=1900", &expected).await;
    expected.sort_by_key(|id| (-(id % 7), name(*id).0, *id));
    assert_list(&app, "q=story&sort=-score,name", &expected).await;
    expected.sort_by_key(|id| (id % 7, *id));
    assert_list(&app, "q=-nothing&sort=score", &expected).await;
    expected.sort_by_key(|id| -id);
    assert_list(&app, "q=-nothing", &expected).await;

    let last = app.get(&format!("{PATH}?q=-nothing&per_page=3&page=3334")).await;
    let page = last.json();
    let movies = page["movies"].as_array().unwrap();
    assert_eq!((movies.len(), &movies[0]["id"]), (1, &json!(expected[9999])), "the total counts no more");
    assert_eq!((&page["total_pages"], &page["next_page"]), (&json!(3334), &json!(null)));
    assert!(last.header("link").is_some(), "a cursor continues");
}
