//! The catalogue that is built into the function.

use serde_json::json;

use super::everything;
use crate::support::App;

#[tokio::test]
async fn seed_imports_without_rejections() {
    let app = App::start().await;
    let answer = app.invoke("Manage", json!({"command": "import", "strict": true})).await.unwrap();
    let rows = answer["rows"].as_i64().unwrap();
    assert!(rows >= 250, "{answer}");
    let mut answer = answer;
    let format = answer.as_object_mut().unwrap().remove("format").unwrap();
    assert_eq!((&format["encoding"], &format["delimiter"]), (&json!("UTF-8"), &json!(",")));
    assert_eq!(format["lists"], json!({"genre": "commas", "crew": "commas", "orig_lang": "commas"}));
    assert_eq!(
        answer,
        json!({
            "command": "import", "dry_run": false, "source": "seed", "rows": rows, "imported": rows, "duplicates": 0,
            "already_present": 0, "rejected": 0, "rejections": [],
        })
    );
    let status = app.invoke("Manage", json!({"command": "status"})).await.unwrap();
    let counts = &status["counts"];
    assert_eq!(counts["movies"], rows);
    assert!(counts["countries"].as_i64().unwrap() >= 25, "{counts}");
    assert!(counts["languages"].as_i64().unwrap() >= 15, "{counts}");
    let (first, last, nameless): (i32, i32, i64) = sqlx::query_as(
        "SELECT min(extract(year FROM date))::int, max(extract(year FROM date))::int,
            (SELECT count(*) FROM countries WHERE name IS NULL) FROM movies",
    )
    .fetch_one(&mut app.db().await)
    .await
    .unwrap();
    assert!((1920..1930).contains(&first) && last >= 2020, "{first} to {last}");
    assert_eq!(nameless, 0);
}

#[tokio::test]
async fn repeated_import_changes_nothing() {
    let app = App::start().await;
    let seed = json!({"command": "import", "source": "seed"});
    let rows = app.invoke("Manage", seed.clone()).await.unwrap()["rows"].clone();
    let before = everything(&app).await;
    let again = app.invoke("Manage", seed).await.unwrap();
    assert_eq!((&again["imported"], &again["already_present"]), (&json!(0), &rows), "{again}");
    assert_eq!(everything(&app).await, before);
}
