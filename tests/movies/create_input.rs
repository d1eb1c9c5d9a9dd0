//! What `POST /api/v1/theater/movies/` takes for which field.

use serde_json::{Value, json};

use super::{PATH, body, create, created, detail, open, with};
use crate::support::App;

async fn assert_fault(app: &App, field: &str, value: Value, kind: &str, message: &str, context: Value) {
    let mut sent = body("Heat");
    sent[field] = value.clone();
    let reply = create(app, sent).await;
    assert_eq!(reply.status, 422, "{field} {value}");
    let mut fault = json!({"type": kind, "loc": ["body", field], "msg": message, "input": value});
    if !context.is_null() {
        fault["ctx"] = context;
    }
    assert_eq!(reply.json(), json!({ "detail": [fault] }), "{field} {value}");
}

#[tokio::test]
async fn numbers_come_as_numbers_or_text() {
    let app = open().await;
    let cases = [
        (json!(" +1.5e1 "), 15.0),
        (json!("7"), 7.0),
        (json!("7."), 7.0),
        (json!(".5"), 0.5),
        (json!("-0"), 0.0),
        (json!("\n1E1\u{a0}"), 10.0),
        (json!(100), 100.0),
        (json!("1e-400"), 0.0),
    ];
    for (turn, (sent, expected)) in cases.into_iter().enumerate() {
        let numbers = json!({ "score": sent, "revenue": sent, "budget": sent });
        let id = created(&app, with(&format!("Movie {turn}"), numbers)).await;
        let movie = detail(&app, id).await;
        for field in ["score", "revenue", "budget"] {
            assert_eq!(movie[field].as_f64(), Some(expected), "{field} {sent}");
        }
    }
}

#[tokio::test]
async fn what_is_no_number_is_told() {
    let app = open().await;
    let text = "Input should be a valid number, unable to parse string as a number";
    for value in ["", " ", "abc", "nan", "inf", "-Infinity", "1_0", "1,5", "0x1", "1e", "--1", "١"] {
        for field in ["score", "budget", "revenue"] {
            assert_fault(&app, field, json!(value), "float_parsing", text, Value::Null).await;
        }
    }
    for value in [json!(true), json!(null), json!([1]), json!({})] {
        assert_fault(&app, "score", value, "float_type", "Input should be a valid number", Value::Null).await;
    }
}

#[tokio::test]
async fn numbers_have_bounds() {
    let app = open().await;
    let (above, below) = ("less_than_equal", "greater_than_equal");
    let least = "Input should be greater than or equal to 0";
    for field in ["score", "budget", "revenue"] {
        assert_fault(&app, field, json!(-0.001), below, least, json!({"ge": 0.0})).await;
    }
    let most = "Input should be less than or equal to 100";
    assert_fault(&app, "score", json!("100.5"), above, most, json!({"le": 100.0})).await;
    let most = "Input should be less than or equal to 9999999999999.99";
    for value in [json!(9999999999999.995), json!("1e13"), json!("9999999999999.9900000001")] {
        assert_fault(&app, "budget", value, above, most, json!({"le": 9999999999999.99})).await;
    }
}

#[tokio::test]
async fn no_number_is_infinite() {
    let app = open().await;
    for (field, number) in [("score", "1e999"), ("budget", "-1e999"), ("revenue", "1e400")] {
        let mut sent = body("Heat");
        sent[field] = json!("<number>");
        let request = app.request(crate::support::Method::POST, PATH);
        let reply = request.body(sent.to_string().replace("\"<number>\"", number)).send().await;
        assert_eq!(reply.status, 422, "{}", reply.text());
        let fault = json!({
            "type": "finite_number",
            "loc": ["body", field],
            "msg": "Input should be a finite number",
            "input": null,
        });
        assert_eq!(reply.json(), json!({ "detail": [fault] }));
    }
}

#[tokio::test]
async fn budget_is_rounded_half_up_as_written() {
    let app = open().await;
    for (name, sent, expected) in [
        ("Number", json!(1.005), 1.01),
        ("Text", json!("99999999999.9949e2"), 9999999999999.49),
        ("Most", json!(9999999999999.99), 9999999999999.99),
    ] {
        let id = created(&app, with(name, json!({ "budget": sent }))).await;
        assert_eq!(detail(&app, id).await["budget"].as_f64(), Some(expected), "{sent}");
    }
}

#[tokio::test]
async fn dates_are_days_or_midnights() {
    let app = open().await;
    let midnights = [
        "2024-02-29",
        "2024-02-29T00:00",
        "2024-02-29t00:00:00",
        "2024-02-29 00:00:00.000000",
        "2024-02-29_00:00:00Z",
        "2024-02-29T00:00:00+05:30",
        "2024-02-29T00:00:00.0-1200",
    ];
    for (turn, date) in midnights.into_iter().enumerate() {
        let id = created(&app, with(&format!("Movie {turn}"), json!({ "date": date }))).await;
        assert_eq!(detail(&app, id).await["date"], "2024-02-29", "{date}");
    }
    let oldest = created(&app, with("Oldest", json!({"date": "0001-01-01"}))).await;
    assert_eq!(detail(&app, oldest).await["date"], "0001-01-01");
}

#[tokio::test]
async fn what_is_no_date_is_told() {
    let app = open().await;
    let unreadable = [
        ("2024-2-3", "input is too short"),
        ("2024-00-10", "month value is outside expected range of 1-12"),
        ("2023-02-29", "day value is outside expected range"),
        ("0000-13-01", "month value is outside expected range of 1-12"),
    ];
    for (value, reason) in unreadable {
        let message = format!("Input should be a valid date or datetime, {reason}");
        let context = json!({ "error": reason });
        assert_fault(&app, "date", json!(value), "date_from_datetime_parsing", &message, context).await;
    }
    let odd = [
        " 2024-01-01",
        "2024-01-01 ",
        "2024/01/01",
        "20240101T00:00",
        "2024-01-01T",
        "2024-01-01T0000",
        "2024-01-01T24:00",
        "2024-01-01T00:60",
        "2024-01-01T00:00:60",
        "2024-01-01T00:00:00.",
        "2024-01-01T00:00Zx",
        "2024-01-01T00:00+24:00",
        "２０２４-01-01",
        "+024-01-01",
    ];
    for value in odd {
        let reply = create(&app, with("Heat", json!({ "date": value }))).await;
        assert_eq!(reply.status, 422, "{value}");
        assert_eq!(reply.json()["detail"][0]["type"], "date_from_datetime_parsing", "{value}");
    }
    let inexact = "Datetimes provided to dates should have zero time - e.g. be exact dates";
    for value in ["2024-01-01T00:00:00.000001", "2024-01-01T12:00Z", "2024-01-01 00:01"] {
        assert_fault(&app, "date", json!(value), "date_from_datetime_inexact", inexact, Value::Null).await;
    }
    let zero = "year 0 is out of range";
    let message = format!("Input should be a valid date in the format YYYY-MM-DD, {zero}");
    assert_fault(&app, "date", json!("0000-01-01"), "date_parsing", &message, json!({ "error": zero })).await;
    for value in [json!(true), json!(20240101), json!({})] {
        assert_fault(&app, "date", value, "date_type", "Input should be a valid date", Value::Null).await;
    }
}

#[tokio::test]
async fn a_movie_may_come_next_year_at_the_latest() {
    let app = open().await;
    let next = chrono::Datelike::year(&chrono::Utc::now()) + 1;
    created(&app, with("Next", json!({"date": format!("{next}-01-01")}))).await;
    let message = format!("Value error, The year in 'date' cannot be greater than {next}.");
    let date = json!(format!("{}-01-01", next + 1));
    assert_fault(&app, "date", date, "value_error", &message, json!({"error": {}})).await;
}

#[tokio::test]
async fn texts_have_bounds_and_no_nul() {
    let app = open().await;
    let short = "String should have at least 1 character";
    for blank in ["", "  ", "\u{a0}\u{2003}\u{1f}"] {
        assert_fault(&app, "name", json!(blank), "string_too_short", short, json!({"min_length": 1})).await;
    }
    let long = "String should have at most 255 characters";
    let name = json!("é".repeat(256));
    assert_fault(&app, "name", name, "string_too_long", long, json!({"max_length": 255})).await;
    let nul = "Value error, NUL characters are not allowed.";
    for field in ["name", "overview"] {
        assert_fault(&app, field, json!("a\0b"), "value_error", nul, json!({"error": {}})).await;
    }
    let pattern = "^[A-Za-z]{2,3}$";
    let message = format!("String should match pattern '{pattern}'");
    for country in ["U1", "U S", "ÉÉ", "U\0"] {
        let context = json!({ "pattern": pattern });
        assert_fault(&app, "country", json!(country), "string_pattern_mismatch", &message, context).await;
    }
    let short = "String should have at least 2 characters";
    for country in ["", " 1 ", "É"] {
        assert_fault(&app, "country", json!(country), "string_too_short", short, json!({"min_length": 2}))
            .await;
    }
    let long = "String should have at most 3 characters";
    for country in ["USAA", "1234"] {
        assert_fault(&app, "country", json!(country), "string_too_long", long, json!({"max_length": 3}))
            .await;
    }
    let longest = format!("  {}  ", "é".repeat(255));
    let id = created(&app, with(&longest, json!({"overview": "", "country": "uSa"}))).await;
    let movie = detail(&app, id).await;
    assert_eq!((&movie["overview"], &movie["country"]["code"]), (&json!(""), &json!("USA")));
}

#[tokio::test]
async fn every_item_of_a_list_is_judged() {
    let app = open().await;
    let long = "ß-".repeat(127);
    let items = json!(["Drama", 5, " ", null, "a\0", long, "x".repeat(256)]);
    let mut sent = body("Heat");
    sent["genres"] = items.clone();
    sent["actors"] = json!("Al Pacino");
    let reply = create(&app, sent).await;
    assert_eq!(reply.status, 422);
    let faults = reply.json();
    let told: Vec<_> = faults["detail"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fault| (fault["type"].as_str().expect("a type"), fault["loc"].to_string(), &fault["input"]))
        .collect();
    let at = |index: usize| json!(["body", "genres", index]).to_string();
    let expected = [
        ("string_type", at(1), &items[1]),
        ("string_too_short", at(2), &items[2]),
        ("string_type", at(3), &items[3]),
        ("value_error", at(4), &items[4]),
        // Two letters take the place of the ß.
        ("string_too_long", at(5), &items[5]),
        ("string_too_long", at(6), &items[6]),
        ("list_type", json!(["body", "actors"]).to_string(), &json!("Al Pacino")),
    ];
    assert_eq!(told, expected);
}
