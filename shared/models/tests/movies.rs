//! Fields of a movie: which values they take, and each fault as the answer to a create lists it.

use chrono::{Datelike, Utc};
use serde_json::{Value, json};

use crate::{
    json::Json,
    models::movies::NewMovie,
    validation::{
        FromObject, Object,
        testing::{faults, read},
    },
};

/// Returns a valid movie with `fields` replaced.
fn with(fields: Value) -> Value {
    let mut movie = NewMovie::example();
    for (name, value) in fields.as_object().expect("an object") {
        movie[name] = value.clone();
    }
    movie
}

#[track_caller]
fn assert_fault(field: &str, value: Value, kind: &str, message: &str, context: Value) {
    let mut fault = json!({"type": kind, "loc": ["body", field], "msg": message, "input": value});
    if !context.is_null() {
        fault["ctx"] = context;
    }
    assert_eq!(faults::<NewMovie>("body", with(json!({ field: value }))), json!([fault]), "{field} {value}");
}

#[test]
fn number_fields_accept_numeric_text() {
    for (sent, number, cents) in [
        (json!(" +1.5e1 "), 15.0, 1500),
        (json!("7."), 7.0, 700),
        (json!("1_0.5"), 10.5, 1050),
        (json!(".5"), 0.5, 50),
        (json!("-0"), 0.0, 0),
        (json!("\n1E1\u{a0}"), 10.0, 1000),
        (json!(100), 100.0, 10_000),
        (json!("1e-400"), 0.0, 0),
        (json!(1.005), 1.005, 101),
    ] {
        let movie: NewMovie =
            read("body", with(json!({"score": sent, "revenue": sent, "budget": sent}))).ok().unwrap();
        assert_eq!(
            (movie.score, movie.revenue, movie.budget.hundredths()),
            (number, number, cents),
            "{sent}"
        );
    }
}

#[test]
fn number_fields_report_non_numeric_values() {
    let text = "Input should be a valid number, unable to parse string as a number";
    for field in ["score", "budget", "revenue"] {
        for value in ["", " ", "abc", "nan", "inf", "-Infinity", "1__0", "1,5", "0x1", "1e", "--1", "١"] {
            assert_fault(field, json!(value), "float_parsing", text, Value::Null);
        }
        for value in [json!(true), json!(null), json!([1]), json!({})] {
            assert_fault(field, value, "float_type", "Input should be a valid number", Value::Null);
        }
    }
}

#[test]
fn serde_json_private_number_object_is_not_a_number() {
    for name in ["Number", "RawValue"] {
        let sent = json!({ format!("$serde_json::private::{name}"): "5" });
        let movie = with(json!({"score": sent, "budget": sent})).to_string();
        let faults =
            NewMovie::from_object(Object::new("body", &Json::parse(&movie).expect("it is JSON"))).err();
        // A Value of the faults would be read by serde_json.
        let faults = serde_json::to_string(&faults).expect("faults become JSON");
        assert_eq!(faults.matches(r#""type":"float_type""#).count(), 2, "{faults}");
        assert_eq!(faults.matches(&format!(r#""input":{sent}"#)).count(), 2, "{faults}");
    }
}

#[test]
fn infinite_number_error_echoes_null() {
    for field in ["score", "budget", "revenue"] {
        for number in ["1e999", "-1e999", "1e400"] {
            let sent = with(json!({ field: "<number>" })).to_string().replace("\"<number>\"", number);
            let message = "Input should be a finite number";
            let fault =
                json!({"type": "finite_number", "loc": ["body", field], "msg": message, "input": null});
            assert_eq!(faults::<NewMovie>("body", sent), json!([fault]));
        }
    }
}

#[test]
fn number_out_of_range_error_names_bound() {
    let (above, below) = ("less_than_equal", "greater_than_equal");
    let least = "Input should be greater than or equal to 0";
    for field in ["score", "budget", "revenue"] {
        assert_fault(field, json!(-0.001), below, least, json!({"ge": 0.0}));
    }
    let most = "Input should be less than or equal to 100";
    for value in [json!("100.5"), json!(100.0001), json!(101)] {
        assert_fault("score", value, above, most, json!({"le": 100.0}));
    }
    let most = "Input should be less than or equal to 9999999999999.99";
    for value in [json!(9999999999999.995), json!("1e13"), json!("9999999999999.9900000001")] {
        assert_fault("budget", value, above, most, json!({"le": 9999999999999.99}));
    }
    let highest = json!({"score": 100, "budget": 9999999999999.99, "revenue": 1e300});
    assert_eq!(faults::<NewMovie>("body", with(highest)), json!([]));
}

#[test]
fn text_out_of_length_range_is_reported() {
    let short = "String should have at least 1 character";
    for blank in ["", "  ", "\u{a0}\u{2003}\u{1f}"] {
        assert_fault("name", json!(blank), "string_too_short", short, json!({"min_length": 1}));
    }
    let long = "String should have at most 255 characters";
    assert_fault("name", json!("é".repeat(256)), "string_too_long", long, json!({"max_length": 255}));
    let nul = "Value error, NUL characters are not allowed.";
    for field in ["name", "overview"] {
        assert_fault(field, json!("a\0b"), "value_error", nul, json!({"error": {}}));
        assert_fault(field, json!(5), "string_type", "Input should be a valid string", Value::Null);
    }
    let longest = format!("  {}  ", "é".repeat(255));
    let movie: NewMovie = read("body", with(json!({"name": longest, "overview": " "}))).ok().unwrap();
    assert_eq!((movie.name.as_str(), movie.overview.as_str()), (longest.trim(), " "));
}

#[test]
fn country_code_errors_check_length_then_pattern() {
    let pattern = "^[A-Za-z]{2,3}$";
    let message = format!("String should match pattern '{pattern}'");
    for country in ["U1", "U S", "ÉÉ", "U\0"] {
        assert_fault(
            "country",
            json!(country),
            "string_pattern_mismatch",
            &message,
            json!({"pattern": pattern}),
        );
    }
    let short = "String should have at least 2 characters";
    for country in ["", " 1 ", "É"] {
        assert_fault("country", json!(country), "string_too_short", short, json!({"min_length": 2}));
    }
    let long = "String should have at most 3 characters";
    for country in ["USAA", "1234"] {
        assert_fault("country", json!(country), "string_too_long", long, json!({"max_length": 3}));
    }
    let movie: NewMovie = read("body", with(json!({"country": " uSa "}))).ok().unwrap();
    assert_eq!(movie.country.as_str(), "USA");
}

#[test]
fn date_after_next_year_is_rejected() {
    let next = Utc::now().year() + 1;
    for date in ["0001-01-01".to_owned(), format!("{next}-12-31"), format!("{next}-12-31T00:00Z")] {
        assert_eq!(faults::<NewMovie>("body", with(json!({"date": date}))), json!([]), "{date}");
    }
    let message = format!("Value error, The year in 'date' cannot be greater than {next}.");
    for date in [format!("{}-01-01", next + 1), "9999-12-31".to_owned()] {
        assert_fault("date", json!(date), "value_error", &message, json!({"error": {}}));
    }
}

#[test]
fn unknown_status_is_rejected() {
    let names = "'Released', 'Post Production' or 'In Production'";
    for status in [json!("released"), json!("Rumored"), json!(null), json!(1)] {
        let message = format!("Input should be {names}");
        assert_fault("status", status, "enum", &message, json!({"expected": names}));
    }
}

#[test]
fn invalid_or_too_long_list_is_reported() {
    let list = "Input should be a valid list";
    for (field, most) in [("genres", 10_000), ("actors", 100_000), ("languages", 10_000)] {
        assert_fault(field, json!("Al Pacino"), "list_type", list, Value::Null);
        let found = faults::<NewMovie>("body", with(json!({ field: vec!["a"; most + 1] })));
        let context = json!({"field_type": "List", "max_length": most, "actual_length": most + 1});
        let message = format!("List should have at most {most} items after validation, not {}", most + 1);
        assert_eq!((&found[0]["type"], &found[0]["ctx"]), (&json!("too_long"), &context), "{field}");
        assert_eq!(found[0]["msg"], message);
    }
    assert_eq!(faults::<NewMovie>("body", with(json!({"genres": vec!["a"; 10_000]}))), json!([]));
}

#[test]
fn errors_are_ordered_and_limited_to_100() {
    let sent = with(json!({"genres": vec![1; 9_000], "actors": vec![" "; 50], "country": "x"}));
    let found = faults::<NewMovie>("body", sent);
    let found = found.as_array().expect("a list");
    assert_eq!(found.len(), 100);
    assert_eq!(found[0]["loc"], json!(["body", "country"]));
    assert_eq!(found[99]["loc"], json!(["body", "genres", 98]));
}
