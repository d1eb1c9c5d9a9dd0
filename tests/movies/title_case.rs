//! The names on a movie's lists, in Title Case as Python's `str.title` writes it.

use serde_json::json;

use super::{create, open, with};

/// What is sent, and what Python makes of it.
const CASES: [(&str, &str); 24] = [
    ("science fiction", "Science Fiction"),
    ("SCIENCE FICTION", "Science Fiction"),
    ("tV movie", "Tv Movie"),
    ("o'neill", "O'Neill"),
    ("don’t", "Don’T"),
    ("jean-luc godard", "Jean-Luc Godard"),
    ("3d animation", "3D Animation"),
    ("2nd unit", "2Nd Unit"),
    ("a.b.c", "A.B.C"),
    ("straße", "Straße"),
    ("ßeta", "Sseta"),
    ("ﬁlm noir", "Film Noir"),
    ("éCOLE", "École"),
    ("ǆungla Ǆ", "ǅungla ǅ"),
    ("ŉame", "ʼName"),
    ("ΟΔΟΣ ΣΑΣ", "Οδος Σας"),
    ("ὈΔΥΣΣΕΎΣ’", "Ὀδυσσεύς’"),
    ("ᾳδης", "ᾼδης"),
    ("İSTANBUL", "İstanbul"),
    ("aİb", "Ai̇b"),
    ("ქართული ᲥᲐᲠᲗᲣᲚᲘ", "ქართული Ქართული"),
    ("ⓐⓑ ⅳ", "Ⓐⓑ Ⅳ"),
    ("日本語", "日本語"),
    ("ªbc  x", "ªbc  X"),
];

#[tokio::test]
async fn is_that_of_python() {
    let app = open().await;
    for (turn, (sent, expected)) in CASES.into_iter().enumerate() {
        let reply = create(&app, with(&format!("Movie {turn}"), json!({"languages": [sent]}))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.json()["languages"][0]["name"], expected, "{sent}");
    }
}

#[tokio::test]
async fn names_alike_in_title_case_are_one() {
    let app = open().await;
    let languages = json!(["ﬁnnish", "FInnish", " finnish ", "Finnish"]);
    let reply = create(&app, with("Heat", json!({ "languages": languages }))).await;
    let languages = reply.json()["languages"].clone();
    assert_eq!(languages.as_array().map(Vec::len), Some(1), "{languages}");
}
