//! Title Case of the names of genres, actors and languages.

use serde_json::json;

use super::{create, open, with};

#[tokio::test]
async fn create_merges_names_equal_in_title_case() {
    let app = open().await;
    let languages = json!(["ﬁnnish", "FInnish", " finnish ", "Finnish"]);
    let reply = create(&app, with("Heat", json!({ "languages": languages }))).await;
    let languages = reply.json()["languages"].clone();
    assert_eq!(languages.as_array().map(Vec::len), Some(1), "{languages}");
    assert_eq!(languages[0]["name"], "Finnish");
}
