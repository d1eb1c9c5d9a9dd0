//! Path and query parameters: which values are accepted, and each fault as the response lists it.

use serde_json::{Value, json};

use crate::{
    models::movies::{MovieId, MovieQuery},
    validation::testing::{faults, read},
};

/// Asserts that a query with only `field` has one fault.
#[track_caller]
fn assert_fault(field: &str, input: &str, kind: &str, message: &str, context: Value) {
    let mut fault = json!({"type": kind, "loc": ["query", field], "msg": message, "input": input});
    if !context.is_null() {
        fault["ctx"] = context;
    }
    assert_eq!(faults::<MovieQuery>("query", json!({ field: input })), json!([fault]), "{field} {input}");
}

#[test]
fn integer_out_of_range_error_names_bound() {
    let (above, below) = ("less_than_equal", "greater_than_equal");
    let least = "Input should be greater than or equal to 1";
    let minima = [
        ("page", "0"),
        ("page", "-0"),
        ("page", "-1"),
        ("per_page", "0"),
        ("per_page", "-99999999999999999999"),
        ("year_from", "0"),
        ("year_to", "0"),
    ];
    for (field, input) in minima {
        assert_fault(field, input, below, least, json!({"ge": 1}));
    }
    for input in ["21", "99999999999999999999"] {
        assert_fault("per_page", input, above, "Input should be less than or equal to 20", json!({"le": 20}));
    }
    for field in ["year_from", "year_to"] {
        assert_fault(
            field,
            "10000",
            above,
            "Input should be less than or equal to 9999",
            json!({"le": 9999}),
        );
    }
    let query: MovieQuery =
        read("query", json!({"page": " +02 ", "per_page": "20", "year_from": "1", "year_to": "9999"}))
            .ok()
            .unwrap();
    assert_eq!(
        (query.page, query.per_page, query.year_from, query.year_to),
        (Some(2), 20, Some(1), Some(9999))
    );
}

#[test]
fn integer_fields_report_non_integer_values() {
    let message = "Input should be a valid integer, unable to parse string as an integer";
    for field in ["page", "per_page", "year_from", "year_to"] {
        for input in ["", " ", "x", "1.0", "1_0", "1 1", "\u{661}", "1\0"] {
            assert_fault(field, input, "int_parsing", message, Value::Null);
        }
    }
}

#[test]
fn integer_with_too_many_digits_reports_size() {
    let message = "Unable to parse input string as an integer, exceeded maximum size";
    let found = faults::<MovieQuery>("query", json!({"page": "9".repeat(4301)}));
    let fault = json!({"type": "int_parsing_size", "loc": ["query", "page"], "msg": message, "input": "<4303 bytes>"});
    assert_eq!(found, json!([fault]));
}

#[test]
fn path_id_accepts_any_integer() {
    for (sent, id) in [
        ("0", 0),
        ("-1", -1),
        (" +007 ", 7),
        ("99999999999999999999", i64::MAX),
        ("-99999999999999999999", i64::MIN),
        (&*"1".repeat(4300), i64::MAX),
    ] {
        let read: MovieId = read("path", json!({"movie_id": sent})).ok().unwrap();
        assert_eq!(read.movie_id, id, "{sent}");
    }
    let message = "Input should be a valid integer, unable to parse string as an integer";
    for sent in ["abc", "1/2", "\u{fffd}", "{movie_id}", "1\0"] {
        let fault =
            json!({"type": "int_parsing", "loc": ["path", "movie_id"], "msg": message, "input": sent});
        assert_eq!(faults::<MovieId>("path", json!({"movie_id": sent})), json!([fault]));
    }
}

#[test]
fn text_filter_rejects_empty_long_and_nul_values() {
    for field in ["q", "genre", "actor", "language"] {
        for blank in ["", " ", "\u{3000}"] {
            let message = "String should have at least 1 character";
            assert_fault(field, blank, "string_too_short", message, json!({"min_length": 1}));
        }
        let message = "String should have at most 255 characters";
        assert_fault(field, &"x".repeat(256), "string_too_long", message, json!({"max_length": 255}));
        let message = "Value error, NUL characters are not allowed.";
        let mut fault =
            json!({"type": "value_error", "loc": ["query", field], "msg": message, "input": null});
        fault["ctx"] = json!({"error": {}});
        assert_eq!(faults::<MovieQuery>("query", json!({ field: "a\0" })), json!([fault]), "{field}");
        let longest = format!(" {} ", "é".repeat(255));
        assert_eq!(faults::<MovieQuery>("query", json!({ field: longest })), json!([]), "{field}");
    }
}

#[test]
fn country_filter_follows_country_code_rules() {
    let pattern = "^[A-Za-z]{2,3}$";
    let message = format!("String should match pattern '{pattern}'");
    assert_fault("country", "U1", "string_pattern_mismatch", &message, json!({"pattern": pattern}));
    let message = "String should have at least 2 characters";
    assert_fault("country", "1", "string_too_short", message, json!({"min_length": 2}));
    let query: MovieQuery = read("query", json!({"country": " us "})).ok().unwrap();
    let country = query.country.as_ref().expect("it is there");
    assert_eq!(country.texts().collect::<Vec<_>>(), ["US"]);
}

#[test]
fn unknown_status_or_sort_is_rejected() {
    let names = "'Released', 'Post Production' or 'In Production'";
    let message = format!("Input should be {names}");
    assert_fault("status", "released", "enum", &message, json!({"expected": names}));
    let names = "'-id', 'name', '-name', 'date', '-date', 'score' or '-score'";
    let message = format!("Input should be {names}");
    for sort in ["id", "", "Name", "-relevance"] {
        assert_fault("sort", sort, "enum", &message, json!({"expected": names}));
    }
}

#[test]
fn min_score_outside_0_to_100_is_rejected() {
    let message = "Input should be less than or equal to 100";
    assert_fault("score_from", "100.5", "less_than_equal", message, json!({"le": 100.0}));
    let message = "Input should be greater than or equal to 0";
    assert_fault("score_from", "-1", "greater_than_equal", message, json!({"ge": 0.0}));
    let message = "Input should be a valid number, unable to parse string as a number";
    assert_fault("score_from", "nan", "float_parsing", message, Value::Null);
}

#[test]
fn query_errors_follow_field_order() {
    let sent = json!({
        "after": "x", "sort": "x", "score_from": "x", "year_to": "x", "year_from": "0", "status": "x",
        "country": "1", "language": "", "actor": "\0", "genre": " ", "q": "", "per_page": "99", "page": "0",
    });
    let expected = [
        "page",
        "per_page",
        "q",
        "genre",
        "actor",
        "language",
        "country",
        "status",
        "year_from",
        "year_to",
        "score_from",
        "sort",
        "after",
    ];
    let found = faults::<MovieQuery>("query", sent);
    let found: Vec<_> = found.as_array().expect("a list").iter().map(|fault| &fault["loc"][1]).collect();
    assert_eq!(found, expected);
}
