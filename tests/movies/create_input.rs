//! Validation of `POST /api/v1/theater/movies/`. `shared/models/tests/movies.rs` has every case.

use chrono::{Datelike, Utc};
use serde_json::json;

use super::{PATH, body, created, detail, open, with};
use crate::support::Method;

#[tokio::test]
async fn values_are_stored_in_canonical_form() {
    let app = open().await;
    let name = "é".repeat(255);
    let sent = json!({
        "date": "2024-02-29T00:00:00.0-1200",
        "score": " +1.5e1 ",
        "overview": "",
        "budget": "99999999999.9949e2",
        "revenue": "\n1E1\u{a0}",
        "country": " uSa ",
    });
    let id = created(&app, with(&format!("  {name}\u{a0}"), sent)).await;
    let movie = detail(&app, id).await;
    assert_eq!((&movie["name"], &movie["date"]), (&json!(name), &json!("2024-02-29")));
    assert_eq!((&movie["overview"], &movie["country"]["code"]), (&json!(""), &json!("USA")));
    let numbers = ["score", "budget", "revenue"].map(|field| movie[field].as_f64());
    assert_eq!(numbers, [Some(15.0), Some(9999999999999.49), Some(10.0)]);
}

#[tokio::test]
async fn earliest_and_latest_dates_are_stored() {
    let app = open().await;
    for date in ["0001-01-01".to_owned(), format!("{}-12-31", Utc::now().year() + 1)] {
        let id = created(&app, with(&date, json!({ "date": date }))).await;
        assert_eq!(detail(&app, id).await["date"], date);
    }
}

#[tokio::test]
async fn malformed_fields_get_422_with_every_error_in_order() {
    let app = open().await;
    // ß becomes two letters.
    let long = "ß-".repeat(127);
    let mut sent = body("\u{a0} ");
    for (field, value) in [
        ("date", json!("2023-02-29")),
        ("score", json!("nan")),
        ("overview", json!("a\0b")),
        ("status", json!("Rumored")),
        ("budget", json!("9999999999999.9900000001")),
        ("revenue", json!("<number>")),
        ("country", json!("U1")),
        ("genres", json!(["Drama", 5, long])),
        ("actors", json!("Al Pacino")),
    ] {
        sent[field] = value;
    }
    let request = app.request(Method::POST, PATH);
    let reply = request.body(sent.to_string().replace("\"<number>\"", "1e400")).send().await;
    let (day, pattern) = ("day value is outside expected range", "^[A-Za-z]{2,3}$");
    let names = "'Released', 'Post Production' or 'In Production'";
    let faults = json!([
        {
            "type": "string_too_short", "loc": ["body", "name"], "input": "\u{a0} ",
            "msg": "String should have at least 1 character", "ctx": {"min_length": 1},
        },
        {
            "type": "date_from_datetime_parsing", "loc": ["body", "date"], "input": "2023-02-29",
            "msg": format!("Input should be a valid date or datetime, {day}"), "ctx": {"error": day},
        },
        {
            "type": "float_parsing", "loc": ["body", "score"], "input": "nan",
            "msg": "Input should be a valid number, unable to parse string as a number",
        },
        {
            "type": "value_error", "loc": ["body", "overview"], "input": "a\0b",
            "msg": "Value error, NUL characters are not allowed.", "ctx": {"error": {}},
        },
        {
            "type": "enum", "loc": ["body", "status"], "input": "Rumored",
            "msg": format!("Input should be {names}"), "ctx": {"expected": names},
        },
        {
            "type": "less_than_equal", "loc": ["body", "budget"], "input": "9999999999999.9900000001",
            "msg": "Input should be less than or equal to 9999999999999.99", "ctx": {"le": 9999999999999.99},
        },
        {
            "type": "finite_number", "loc": ["body", "revenue"], "input": null,
            "msg": "Input should be a finite number",
        },
        {
            "type": "string_pattern_mismatch", "loc": ["body", "country"], "input": "U1",
            "msg": format!("String should match pattern '{pattern}'"), "ctx": {"pattern": pattern},
        },
        {
            "type": "string_type", "loc": ["body", "genres", 1], "input": 5,
            "msg": "Input should be a valid string",
        },
        {
            "type": "string_too_long", "loc": ["body", "genres", 2], "input": long,
            "msg": "String should have at most 255 characters", "ctx": {"max_length": 255},
        },
        {
            "type": "list_type", "loc": ["body", "actors"], "input": "Al Pacino",
            "msg": "Input should be a valid list",
        },
    ]);
    assert_eq!((reply.status.as_u16(), reply.json()), (422, json!({ "detail": faults })));
}
