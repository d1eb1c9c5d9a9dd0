//! The query of `GET /api/v1/theater/movies/`

use serde_json::{Value, json};

use super::list::{PATH, ids, with_movies};
use crate::support::{App, repeated};

/// The faults of the query: field, type, message, `ctx` if any; the input is what was sent.
async fn assert_faults(app: &App, query: &str, faults: &[Value]) {
    let reply = app.get(&format!("{PATH}{query}")).await;
    assert_eq!(reply.status, 422, "{query}");
    assert_eq!(reply.json(), json!({ "detail": faults }), "{query}");
}

fn below(field: &str, input: &str) -> Value {
    json!({
        "type": "greater_than_equal",
        "loc": ["query", field],
        "msg": "Input should be greater than or equal to 1",
        "input": input,
        "ctx": {"ge": 1},
    })
}

fn above_20(input: &str) -> Value {
    json!({
        "type": "less_than_equal",
        "loc": ["query", "per_page"],
        "msg": "Input should be less than or equal to 20",
        "input": input,
        "ctx": {"le": 20},
    })
}

fn no_integer(field: &str, input: &str) -> Value {
    json!({
        "type": "int_parsing",
        "loc": ["query", field],
        "msg": "Input should be a valid integer, unable to parse string as an integer",
        "input": input,
    })
}

#[tokio::test]
async fn numbers_have_bounds() {
    let app = with_movies(1).await;
    assert_faults(&app, "?per_page=21", &[above_20("21")]).await;
    assert_faults(&app, "?per_page=0", &[below("per_page", "0")]).await;
    assert_faults(&app, "?per_page=-99999999999999999999", &[below("per_page", "-99999999999999999999")])
        .await;
    let digits_4301 = "9".repeat(4301);
    let fault = json!({
        "type": "int_parsing_size",
        "loc": ["query", "page"],
        "msg": "Unable to parse input string as an integer, exceeded maximum size",
        "input": repeated(&*digits_4301),
    });
    assert_faults(&app, &format!("?page={digits_4301}"), &[fault]).await;
}

#[tokio::test]
async fn integers_may_have_blanks_a_sign_and_leading_zeros() {
    let app = with_movies(11).await;
    for page in ["2", "+2", "%2B2", "++2", "2+", "%202%20", "%092", "0002", "+%2B02+"] {
        assert_eq!(ids(&app, &format!("?page={page}")).await.len(), 1, "{page}");
    }
}

#[tokio::test]
async fn what_is_no_integer_is_told() {
    let app = with_movies(1).await;
    let cases = [
        ("", ""),
        ("+", " "),
        ("abc", "abc"),
        ("1.0", "1.0"),
        ("1_0", "1_0"),
        ("0x1", "0x1"),
        ("1e1", "1e1"),
        ("%2B%2B1", "++1"),
        ("-", "-"),
        ("1+1", "1 1"),
        ("%D9%A1", "\u{661}"),
        ("%00", "\0"),
        ("1%00", "1\0"),
        ("null", "null"),
    ];
    for (sent, input) in cases {
        assert_faults(&app, &format!("?page={sent}"), &[no_integer("page", input)]).await;
    }
    assert_faults(&app, "?page", &[no_integer("page", "")]).await;
}

#[tokio::test]
async fn every_fault_is_told_at_once_page_first() {
    let app = App::start().await;
    let faults = [below("page", "0"), above_20("99")];
    assert_faults(&app, "?per_page=99&page=0", &faults).await;
    assert_faults(&app, "?page=-1&per_page=x", &[below("page", "-1"), no_integer("per_page", "x")]).await;
}

#[tokio::test]
async fn the_last_of_a_repeated_parameter_counts() {
    let app = with_movies(11).await;
    assert_eq!(ids(&app, "?page=abc&page=1&page=2").await.len(), 1);
    assert_eq!(ids(&app, "?page=2&per_page=1&page=1&per_page=3").await.len(), 3);
    assert_faults(&app, "?page=1&page=", &[no_integer("page", "")]).await;
}

#[tokio::test]
async fn unknown_parameters_and_other_spellings_are_ignored() {
    let app = with_movies(11).await;
    for query in
        ["?", "?&", "?Page=2", "?PAGE=x", "?page2=2", "?=2", "?order=id&&limit=1", "?page%00=2", "?perpage=1"]
    {
        assert_eq!(ids(&app, query).await.len(), 10, "{query}");
    }
    assert_eq!(ids(&app, "?%70age=2").await.len(), 1, "a name is percent-decoded too");
}
