//! Catalogues in S3, which moto emulates.

use serde_json::json;

use super::{HEADER, everything, row};
use crate::support::{
    App,
    aws::{Aws, SECRET_ACCESS_KEY},
};

/// Starts an emulator with an empty bucket.
fn storage() -> Aws {
    let aws = Aws::start();
    aws.call("PUT", "/catalogues", "us-east-1/s3", "", b"");
    aws
}

fn put(aws: &Aws, key: &str, bytes: &[u8]) {
    aws.call("PUT", &format!("/catalogues/{key}"), "us-east-1/s3", "", bytes);
}

#[tokio::test]
async fn import_reads_s3_objects_like_files() {
    let aws = storage();
    let app = aws.used_by(App::builder()).start().await;
    // Large enough for several chunks.
    let rows: Vec<_> = (0..5000)
        .map(|number| row(&[("names", &format!("Movie {number}")), ("overview", &"x".repeat(500))]))
        .collect();
    put(&aws, "2024/movies%20of%20today.csv", format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes());
    let source = "s3://catalogues/2024/movies of today.csv";
    let answer = app.invoke("Manage", json!({"command": "import", "source": source})).await.unwrap();
    assert_eq!((&answer["source"], &answer["imported"]), (&json!(source), &json!(5000)), "{answer}");
}

#[tokio::test]
async fn import_fails_for_unreadable_s3_objects() {
    let aws = storage();
    let app = aws.used_by(App::builder()).start().await;
    put(&aws, "cut.csv", format!("{HEADER}\n\"Heat").as_bytes());
    put(&aws, "empty.csv", b"");
    let before = everything(&app).await;
    for (source, sentence) in [
        ("s3://catalogues/missing.csv", "NoSuchKey"),
        ("s3://nobodys/movies.csv", "NoSuchBucket"),
        ("s3://catalogues/cut.csv", "ends inside the quotation marks"),
        ("s3://catalogues/empty.csv", "it is empty"),
    ] {
        let event = json!({"command": "import", "source": source});
        let message = app.invoke("Manage", event).await.unwrap_err().error_message;
        assert!(message.starts_with(source) && message.contains(sentence), "{message}");
        assert_eq!(everything(&app).await, before, "{source}");
    }
    assert!(!app.logs("Manage").contains(SECRET_ACCESS_KEY));
}

#[tokio::test]
async fn import_is_limited_to_configured_bucket() {
    let aws = storage();
    let app = aws.used_by(App::builder()).env("IMPORT_BUCKET", "catalogues").start().await;
    put(&aws, "movies.csv", format!("{HEADER}\n{}\n", row(&[])).as_bytes());
    let import =
        async |source: &str| app.invoke("Manage", json!({"command": "import", "source": source})).await;
    let message = import("s3://others/movies.csv").await.unwrap_err().error_message;
    assert!(message.contains("IMPORT_BUCKET") && message.contains("catalogues"), "{message}");
    assert_eq!(import("s3://catalogues/movies.csv").await.unwrap()["imported"], 1);
}

#[tokio::test]
async fn import_fails_when_s3_is_unreachable() {
    let app = App::builder().env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let app =
        app.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY).start().await;
    let event = json!({"command": "import", "source": "s3://catalogues/movies.csv"});
    let message = app.invoke("Manage", event).await.unwrap_err().error_message;
    assert!(message.contains("S3 did not answer") && !message.contains("127.0.0.1"), "{message}");
    assert!(!app.logs("Manage").contains(SECRET_ACCESS_KEY));
}
