//! The query parameters of `GET /api/v1/theater/movies/`.

use serde_json::{Value, json};

use super::list::{PATH, ids, with_movies};
use crate::support::App;

async fn assert_fault(app: &App, query: &str, fault: Value) {
    let reply = app.get(&format!("{PATH}{query}")).await;
    assert_eq!(reply.status, 422, "{query}");
    assert_eq!(reply.json(), json!({ "detail": [fault] }), "{query}");
}

fn no_integer(input: &str) -> Value {
    json!({
        "type": "int_parsing",
        "loc": ["query", "page"],
        "msg": "Input should be a valid integer, unable to parse string as an integer",
        "input": input,
    })
}

#[tokio::test]
async fn page_size_over_20_gets_422() {
    let app = with_movies(1).await;
    let fault = json!({
        "type": "less_than_equal",
        "loc": ["query", "per_page"],
        "msg": "Input should be less than or equal to 20",
        "input": "21",
        "ctx": {"le": 20},
    });
    assert_fault(&app, "?per_page=21", fault).await;
}

#[tokio::test]
async fn percent_encoded_page_number_is_decoded() {
    let app = with_movies(11).await;
    for page in ["2+", "+%2B02+", "%20%092"] {
        assert_eq!(ids(&app, &format!("?page={page}")).await.len(), 1, "{page}");
    }
}

#[tokio::test]
async fn malformed_page_gets_422_with_decoded_input() {
    let app = with_movies(1).await;
    for (query, input) in [("?page", ""), ("?page=1+1", "1 1"), ("?page=%D9%A1%00", "\u{661}\0")] {
        assert_fault(&app, query, no_integer(input)).await;
    }
}

#[tokio::test]
async fn repeated_parameter_uses_last_value() {
    let app = with_movies(11).await;
    assert_eq!(ids(&app, "?page=abc&page=1&page=2").await.len(), 1);
    assert_eq!(ids(&app, "?page=2&per_page=1&page=1&per_page=3").await.len(), 3);
    assert_fault(&app, "?page=1&page=", no_integer("")).await;
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let app = with_movies(11).await;
    for query in
        ["?", "?&", "?Page=2", "?PAGE=x", "?page2=2", "?=2", "?order=id&&limit=1", "?page%00=2", "?perpage=1"]
    {
        assert_eq!(ids(&app, query).await.len(), 10, "{query}");
    }
    assert_eq!(ids(&app, "?%70age=2").await.len(), 1, "the API percent-decodes names too");
}
