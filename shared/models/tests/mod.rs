//! Models: faults and their order, patches, schemas, and masked secrets.

mod movies;
mod query;
mod rules;

use proptest::prelude::*;
use serde_json::{Value, json};
use validator::Validate;

use super::{
    accounts::{Registration, RegistrationDraft},
    movies::{MoviePatch, MovieQuery, NewMovie},
};
use crate::{
    json::Json,
    validation::{
        Field, FromObject,
        testing::{faults, read},
    },
};

/// Returns the type and the location of every fault.
fn summary(faults: &Value) -> Vec<String> {
    let faults = faults.as_array().expect("faults are a list").iter();
    faults.map(|fault| format!("{} {}", fault["type"].as_str().unwrap_or_default(), fault["loc"])).collect()
}

#[test]
fn type_and_rule_errors_follow_field_order() {
    let sent = json!({
        "languages": ["", 1], "actors": "nobody", "genres": [], "country": "u1", "revenue": -1, "budget": 1e13,
        "status": "Rumored", "overview": 5, "score": "nan", "date": "2999-01-01", "name": " ",
    });
    let expected = [
        r#"string_too_short ["body","name"]"#,
        r#"value_error ["body","date"]"#,
        r#"float_parsing ["body","score"]"#,
        r#"string_type ["body","overview"]"#,
        r#"enum ["body","status"]"#,
        r#"less_than_equal ["body","budget"]"#,
        r#"greater_than_equal ["body","revenue"]"#,
        r#"string_pattern_mismatch ["body","country"]"#,
        r#"list_type ["body","actors"]"#,
        r#"string_too_short ["body","languages",0]"#,
        r#"string_type ["body","languages",1]"#,
    ];
    // validator returns its errors in a different order on each run.
    for _ in 0..20 {
        assert_eq!(summary(&faults::<NewMovie>("body", &sent)), expected);
    }
}

#[test]
fn rule_errors_use_contract_messages() {
    let cases = [
        (
            "name",
            json!("é".repeat(256)),
            json!({"max_length": 255}),
            "String should have at most 255 characters",
        ),
        ("country", json!(" U "), json!({"min_length": 2}), "String should have at least 2 characters"),
        ("country", json!("USAA"), json!({"max_length": 3}), "String should have at most 3 characters"),
        ("score", json!(100.5), json!({"le": 100.0}), "Input should be less than or equal to 100"),
        ("budget", json!(-0.001), json!({"ge": 0.0}), "Input should be greater than or equal to 0"),
        (
            "budget",
            json!("9999999999999.991"),
            json!({"le": 9_999_999_999_999.99}),
            "Input should be less than or equal to 9999999999999.99",
        ),
        (
            "genres",
            json!(vec!["a"; 10_001]),
            json!({"field_type": "List", "max_length": 10_000, "actual_length": 10_001}),
            "List should have at most 10000 items after validation, not 10001",
        ),
    ];
    for (name, value, context, message) in cases {
        let found = faults::<MoviePatch>("body", json!({ name: value }));
        let found = if found == json!([]) {
            let mut movie = NewMovie::example();
            movie[name] = value;
            faults::<NewMovie>("body", &movie)
        } else {
            found
        };
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
        assert_eq!((&found[0]["ctx"], &found[0]["msg"]), (&context, &json!(message)));
    }
}

#[test]
fn patch_keeps_sent_fields_and_ignores_fixed_fields() {
    let patch: MoviePatch =
        read("body", json!({"score": "84.5", "country": 1, "genres": null})).ok().unwrap();
    assert_eq!((patch.values.score, patch.values.name.is_some()), (Some(84.5), false));
    assert_eq!((patch.has_value, patch.has_null), (true, false));
    let patch: MoviePatch = read("body", json!({"name": null})).ok().unwrap();
    assert_eq!((patch.has_value, patch.has_null), (false, true));
    assert_eq!(summary(&faults::<MoviePatch>("body", json!({"name": null, "score": -1}))).len(), 1);
}

#[test]
fn query_defaults_apply_and_huge_integers_fail_rules() {
    let query: MovieQuery = read("query", json!({"page": "99999999999999999999"})).ok().unwrap();
    assert_eq!((query.page, query.per_page, query.q.is_none()), (Some(i64::MAX), 10, true));
    let expected = [r#"less_than_equal ["query","per_page"]"#, r#"string_too_short ["query","genre"]"#];
    let sent = json!({"per_page": "99999999999999999999", "genre": " "});
    assert_eq!(summary(&faults::<MovieQuery>("query", &sent)), expected);
}

#[test]
fn patch_records_null_and_first_new_value() {
    for field in ["name", "date", "score", "overview", "status", "budget", "revenue"] {
        let patch: MoviePatch = read("body", json!({ field: null })).ok().unwrap();
        assert_eq!((patch.has_value, patch.has_null), (false, true), "{field}");
        let sent = json!({ field: NewMovie::example()[field], "id": 7 });
        let patch: MoviePatch = read("body", sent).ok().unwrap();
        assert_eq!((patch.has_value, patch.has_null), (true, false), "{field}");
    }
    let patch: MoviePatch = read("body", json!({})).ok().unwrap();
    assert_eq!((patch.has_value, patch.has_null), (false, false));
}

#[test]
fn password_rule_error_masks_password() {
    let sent = json!({"email": "ann@example.com", "password": "AAAAaaaa1@\0"});
    let fault = json!({
        "type": "value_error",
        "loc": ["body", "password"],
        "msg": "Value error, NUL characters are not allowed.",
        "input": "**********",
        "ctx": {"error": {}},
    });
    assert_eq!(faults::<Registration>("body", &sent), json!([fault]));
}

#[test]
fn echoed_input_masks_secrets_and_is_at_most_2048_bytes() {
    let mask = "**********";
    let filler = "é ".repeat(2000);
    let length = json!({ "x": filler, "password": mask }).to_string().len();
    let cases = [
        (json!({"password": "Secret1!"}), json!({"password": mask})),
        (
            json!({"old_password": "a", "a": [{"csrf_token": "b"}]}),
            json!({"old_password": mask, "a": [{"csrf_token": mask}]}),
        ),
        (json!({"x": filler, "password": "secret"}), json!(format!("<{length} bytes>"))),
        (
            json!({"email": {"token": "t", "list": [{"refresh_token": 1}], "n": 1}}),
            json!({"token": mask, "list": [{"refresh_token": mask}], "n": 1}),
        ),
    ];
    for (sent, input) in cases {
        assert_eq!(faults::<Registration>("body", &sent)[0]["input"], input);
    }
}

#[test]
fn schema_contains_limits_from_attributes() {
    let schema = NewMovie::schema().to_value();
    assert_eq!(schema["required"].as_array().map(Vec::len), Some(11));
    let limits = [
        ("name", "maxLength", json!(255)),
        ("score", "maximum", json!(100.0)),
        ("budget", "maximum", json!(9_999_999_999_999.99)),
        ("revenue", "minimum", json!(0.0)),
        ("country", "pattern", json!("^[A-Za-z]{2,3}$")),
        ("genres", "maxItems", json!(10_000)),
        ("actors", "maxItems", json!(100_000)),
        ("date", "format", json!("date")),
    ];
    for (name, limit, value) in limits {
        assert_eq!(schema["properties"][name][limit], value, "{name}");
    }
    assert_eq!(schema["properties"]["genres"]["items"]["minLength"], 1);
    assert_eq!(schema["properties"]["status"]["enum"].as_array().map(Vec::len), Some(3));

    let patch = MoviePatch::schema().to_value();
    assert_eq!((&patch["required"], &patch["properties"]["genres"]), (&Value::Null, &Value::Null));
    let query = MovieQuery::schema().to_value();
    assert_eq!((&query["required"], &query["properties"]["per_page"]["default"]), (&json!([]), &json!(10)));
    assert_eq!(query["properties"]["page"]["type"], "integer", "a parameter cannot be null");
    let registration = Registration::schema().to_value();
    assert_eq!(registration["properties"]["password"]["minLength"], 8);
    assert_eq!(registration["properties"]["password"]["format"], "password");
}

proptest! {
    #[test]
    fn validator_errors_never_contain_secrets(password in "[a-z]{9,40}") {
        let sent = Json::from(password.clone());
        let draft = RegistrationDraft { email: None, password: Field::read(&sent).ok() };
        let errors = draft.validate().expect_err("it lacks an upper-case letter");
        let answer = faults::<Registration>("body", json!({"email": "a@b.example", "password": password}));
        for text in [errors.to_string(), format!("{errors:?}"), json!(errors).to_string(), answer.to_string()] {
            prop_assert!(!text.contains(&password), "{text}");
        }
    }
}
