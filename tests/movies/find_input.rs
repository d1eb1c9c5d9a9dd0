//! Valid and invalid values of the filters of `GET /api/v1/theater/movies/`.

use serde_json::{Value, json};

use super::PATH;
use crate::support::App;

#[tokio::test]
async fn malformed_filter_gets_422_with_decoded_input() {
    let app = App::start().await;
    let pattern = "^[A-Za-z]{2,3}$";
    let fault = json!({
        "type": "string_pattern_mismatch",
        "loc": ["query", "country"],
        "msg": format!("String should match pattern '{pattern}'"),
        "input": " U\0",
        "ctx": {"pattern": pattern},
    });
    let reply = app.get(&format!("{PATH}?country=+U%00")).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (422, json!({ "detail": [fault] })));
}

#[tokio::test]
async fn malformed_filters_list_errors_in_schema_order() {
    let app = App::start().await;
    let reply = app.get(&format!("{PATH}?after=x&sort=x&year_to=x&q=&score_from=x&page=0&country=1")).await;
    let places: Vec<_> = reply.json()["detail"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fault| fault["loc"][1].clone())
        .collect();
    assert_eq!(places, ["page", "q", "country", "year_to", "score_from", "sort", "after"].map(Value::from));
}
