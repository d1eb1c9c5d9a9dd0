//! Catalogues in S3, which moto emulates.

use serde_json::json;

use super::{HEADER, everything, row};
use crate::support::{
    App,
    aws::{Aws, SECRET_ACCESS_KEY},
};

/// A bucket.
struct Bucket {
    aws: Aws,
    name: String,
}

impl Bucket {
    fn create() -> Self {
        let aws = Aws::shared();
        Self { name: aws.create_bucket("catalogues"), aws }
    }

    /// Stores an object; `key` is percent-encoded.
    fn put(&self, key: &str, bytes: &[u8]) {
        self.aws.call("PUT", &format!("/{}/{key}", self.name), "us-east-1/s3", "", bytes);
    }

    /// Returns the URL of an object.
    fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }
}

#[tokio::test]
async fn import_reads_s3_objects_like_files() {
    let bucket = Bucket::create();
    let app = bucket.aws.used_by(App::builder()).start().await;
    // Large enough for several chunks.
    let rows: Vec<_> = (0..5000)
        .map(|number| row(&[("names", &format!("Movie {number}")), ("overview", &"x".repeat(500))]))
        .collect();
    bucket.put("2024/movies%20of%20today.csv", format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes());
    let source = bucket.url("2024/movies of today.csv");
    let answer = app.invoke("Manage", json!({"command": "import", "source": source})).await.unwrap();
    assert_eq!((&answer["source"], &answer["imported"]), (&json!(source), &json!(5000)), "{answer}");
}

#[tokio::test]
async fn import_fails_for_unreadable_s3_objects() {
    let bucket = Bucket::create();
    let app = bucket.aws.used_by(App::builder()).start().await;
    bucket.put("cut.csv", format!("{HEADER}\n\"Heat").as_bytes());
    bucket.put("empty.csv", b"");
    let before = everything(&app).await;
    for (source, sentence) in [
        (bucket.url("missing.csv"), "NoSuchKey"),
        ("s3://nobodys/movies.csv".to_owned(), "NoSuchBucket"),
        (bucket.url("cut.csv"), "ends inside the quotation marks"),
        (bucket.url("empty.csv"), "it is empty"),
    ] {
        let event = json!({"command": "import", "source": source});
        let message = app.invoke("Manage", event).await.unwrap_err().error_message;
        assert!(message.starts_with(&source) && message.contains(sentence), "{message}");
        assert_eq!(everything(&app).await, before, "{source}");
    }
    assert!(!app.logs("Manage").contains(SECRET_ACCESS_KEY));
}

#[tokio::test]
async fn import_is_limited_to_configured_bucket() {
    let bucket = Bucket::create();
    let app = bucket.aws.used_by(App::builder()).env("IMPORT_BUCKET", &bucket.name).start().await;
    bucket.put("movies.csv", format!("{HEADER}\n{}\n", row(&[])).as_bytes());
    let import =
        async |source: &str| app.invoke("Manage", json!({"command": "import", "source": source})).await;
    let message = import("s3://others/movies.csv").await.unwrap_err().error_message;
    assert!(message.contains("IMPORT_BUCKET") && message.contains(&bucket.name), "{message}");
    assert_eq!(import(&bucket.url("movies.csv")).await.unwrap()["imported"], 1);
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
