//! What the filters of `GET /api/v1/theater/movies/` take.

use serde_json::{Value, json};

use super::PATH;
use crate::support::App;

async fn assert_fault(app: &App, query: &str, mut fault: Value, field: &str, input: &str) {
    let reply = app.get(&format!("{PATH}?{query}")).await;
    assert_eq!(reply.status, 422, "{query}");
    fault["loc"] = json!(["query", field]);
    fault["input"] = json!(input);
    assert_eq!(reply.json(), json!({ "detail": [fault] }), "{query}");
}

#[tokio::test]
async fn what_cannot_be_is_told() {
    let app = App::start().await;
    let short = json!({"type": "string_too_short", "msg": "String should have at least 1 character", "ctx": {"min_length": 1}});
    let long = json!({"type": "string_too_long", "msg": "String should have at most 255 characters", "ctx": {"max_length": 255}});
    let nul = json!({"type": "value_error", "msg": "Value error, NUL characters are not allowed.", "ctx": {"error": {}}});
    let endless = "x".repeat(256);
    for field in ["q", "genre", "actor", "language"] {
        assert_fault(&app, &format!("{field}="), short.clone(), field, "").await;
        assert_fault(&app, &format!("{field}=+"), short.clone(), field, " ").await;
        assert_fault(&app, &format!("{field}=%00"), nul.clone(), field, "\0").await;
        assert_fault(&app, &format!("{field}={endless}"), long.clone(), field, &endless).await;
    }
    let pattern = "^[A-Za-z]{2,3}$";
    let country = json!({"type": "string_pattern_mismatch", "msg": format!("String should match pattern '{pattern}'"), "ctx": {"pattern": pattern}});
    assert_fault(&app, "country=U1", country, "country", "U1").await;

    let expected = "'Released', 'Post Production' or 'In Production'";
    let status =
        json!({"type": "enum", "msg": format!("Input should be {expected}"), "ctx": {"expected": expected}});
    assert_fault(&app, "status=released", status, "status", "released").await;
    let expected = "'-id', 'name', 'date', '-date', 'score' or '-score'";
    let sort =
        json!({"type": "enum", "msg": format!("Input should be {expected}"), "ctx": {"expected": expected}});
    assert_fault(&app, "sort=id", sort.clone(), "sort", "id").await;
    assert_fault(&app, "q=x&sort=-relevance", sort, "sort", "-relevance").await;

    let below = json!({"type": "greater_than_equal", "msg": "Input should be greater than or equal to 1", "ctx": {"ge": 1}});
    let above = json!({"type": "less_than_equal", "msg": "Input should be less than or equal to 9999", "ctx": {"le": 9999}});
    for field in ["year_from", "year_to"] {
        assert_fault(&app, &format!("{field}=0"), below.clone(), field, "0").await;
        assert_fault(&app, &format!("{field}=10000"), above.clone(), field, "10000").await;
    }
    let score = json!({"type": "less_than_equal", "msg": "Input should be less than or equal to 100", "ctx": {"le": 100.0}});
    assert_fault(&app, "score_from=100.5", score, "score_from", "100.5").await;
}

#[tokio::test]
async fn every_fault_is_told_in_the_order_of_the_schema() {
    let app = App::start().await;
    let reply = app.get(&format!("{PATH}?after=x&sort=x&year_to=x&q=&score_from=x&page=0&country=1")).await;
    let told: Vec<_> = reply.json()["detail"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fault| fault["loc"][1].clone())
        .collect();
    assert_eq!(told, ["page", "q", "country", "year_to", "score_from", "sort", "after"].map(Value::from));
}
