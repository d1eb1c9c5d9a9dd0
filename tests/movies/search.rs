//! Searches for arbitrary text.

use std::time::{Duration, Instant};

use proptest::{
    prop_oneof,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::json;

use super::{PATH, created, open, with};
use crate::support::{App, executables::build};

/// The longest time a search may take here, with ten movies on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);

/// Starts the API with ten movies whose words, names and punctuation the searches use.
async fn catalogue() -> App {
    let app = open().await;
    for number in 0..10 {
        let fields = json!({
            "date": format!("{}-01-01", 1990 + number),
            "overview": "It is the killer's two-part story: O'Neill & co. \\ 🎬 <b> spider-man's",
        });
        created(&app, with(&format!("Heat {number} or the killer"), fields)).await;
    }
    app
}

/// Asserts that a search returns 200 or 404 in time.
async fn assert_answered(app: &App, text: &str) {
    let query: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    build("list_movies").await;
    let began = Instant::now();
    let reply = app.get(&format!("{PATH}?q={query}")).await;
    let is_found = reply.status == 200;
    assert!(is_found || reply.status == 404, "{text:?} was answered {}: {}", reply.status, reply.text());
    assert!(began.elapsed() < LIMIT, "{text:?} took {:?}", began.elapsed());
}

#[tokio::test]
async fn search_handles_known_difficult_texts() {
    let app = catalogue().await;
    let words = [
        &format!("{}a", "-".repeat(33)),
        &format!("{}a", "-".repeat(254)),
        &"-".repeat(255),
        &"- ".repeat(127),
        &"-a ".repeat(85),
        &"\"".repeat(255),
        &"\"a".repeat(127),
        &"-\"".repeat(127),
        &"-\"a\"".repeat(63),
        &"(".repeat(255),
        &"!".repeat(255),
        &"!a ".repeat(85),
        &"'".repeat(255),
        &"\\".repeat(255),
        &"'\\".repeat(127),
        &"or ".repeat(85),
        &"a or ".repeat(51),
        &"a ".repeat(127),
        &"\u{10ffff}".repeat(255),
        &"İ".repeat(255),
        &"🎬".repeat(255),
        &"a-".repeat(127),
        &"a.b/".repeat(63),
        &"x".repeat(255),
        &format!("\"{}\"", "the ".repeat(63)),
        &format!("\"{}\"", "a or ".repeat(50)),
        "or",
        "or or or",
        "the",
        "-the",
        "it is the",
        ":*",
        "heat:*",
        "heat:*ABCD",
        "'heat':A & !(",
        "<->",
        "a <-> b",
        "a <99999> b",
        "\u{200f}\u{202e}heat",
        "\u{feff}",
        "\u{1}\u{7f}\u{85}",
        "http://a.b/c?d=e&f=g",
        "ann@example.com",
        "-1e99999",
        "1e99999 .5.5.5",
        "<b>&amp;</b>",
        "$1 %s {} {query} query",
    ];
    for text in words {
        assert_answered(&app, text).await;
    }
    let refused = app.get(&format!("{PATH}?q=a%00b")).await;
    let message = "Value error, NUL characters are not allowed.";
    let fault = json!({
        "type": "value_error", "loc": ["query", "q"], "msg": message, "input": null, "ctx": {"error": {}},
    });
    assert_eq!((refused.status.as_u16(), refused.json()), (422, json!({ "detail": [fault] })));
    // The log has neither notices of PostgreSQL nor the client's text.
    let lines = app.lines();
    let others: Vec<_> = lines.iter().filter(|line| line["message"] != "answered").collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[tokio::test]
async fn generated_searches_never_fail() {
    let app = catalogue().await;
    let mut runner = TestRunner::default();
    let texts = prop_oneof![
        r#"([-"'\\:*!&|()<> ]|-{30,60}|or |-"|heat |the |a){1,200}"#,
        r#"([-"'\\:*!&|()<>@./ ]|\PC){1,255}"#,
        r"\p{any}{1,255}",
    ];
    for _ in 0..1000 {
        let text = texts.new_tree(&mut runner).expect("a text can be made").current();
        let text: String = text.chars().filter(|&c| c != '\0').take(255).collect();
        if text.chars().any(|c| !c.is_whitespace() && !c.is_control()) {
            assert_answered(&app, &text).await;
        }
    }
}
