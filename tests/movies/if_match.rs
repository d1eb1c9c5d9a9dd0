//! `If-Match` on PATCH and DELETE.

use futures_util::future::join_all;
use serde_json::json;

use super::{PATH, body, created, open, patch};
use crate::support::{App, Method, Reply};

async fn tag(app: &App, id: i64) -> String {
    app.get(&format!("{PATH}{id}/")).await.header("etag").expect("an entity tag").to_owned()
}

async fn patch_if(app: &App, id: i64, tags: &str, score: i64) -> Reply {
    let request = app.request(Method::PATCH, &format!("{PATH}{id}/")).header("if-match", tags);
    request.body(json!({ "score": score }).to_string()).send().await
}

async fn delete_if(app: &App, id: i64, tags: &str) -> Reply {
    app.request(Method::DELETE, &format!("{PATH}{id}/")).header("if-match", tags).send().await
}

fn assert_changed(reply: &Reply) {
    assert_eq!(reply.status, 412);
    assert_eq!(reply.json(), json!({"detail": "The movie has changed since you read it."}));
}

#[tokio::test]
async fn if_match_write_requires_version_that_was_read() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let old = tag(&app, id).await;
    assert_eq!(patch_if(&app, id, &format!("\"x\", {old}"), 1).await.status, 200);
    let weak = format!("W/{}", tag(&app, id).await);
    for tags in [&old, "\"x\"", "", "\"\u{e9}\"", "\"a b\"", &weak] {
        assert_changed(&patch_if(&app, id, tags, 2).await);
        assert_changed(&delete_if(&app, id, tags).await);
    }
    assert_eq!(app.get(&format!("{PATH}{id}/")).await.json()["score"], json!(1.0));
    assert_eq!(patch_if(&app, id, "*", 3).await.status, 200);
    assert_eq!(delete_if(&app, id, &tag(&app, id).await).await.status, 204);
    for tags in ["*", &old] {
        assert_eq!(patch_if(&app, id, tags, 4).await.status, 404);
        assert_eq!(delete_if(&app, id, tags).await.status, 404);
    }
}

#[tokio::test]
async fn concurrent_if_match_updates_succeed_once() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    for round in 0..5 {
        let tag = tag(&app, id).await;
        let replies = join_all((0..4).map(|turn| patch_if(&app, id, &tag, round * 4 + turn))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412]);
    }
}

#[tokio::test]
async fn write_without_if_match_overwrites() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    for score in [1, 2] {
        assert_eq!(patch(&app, id, json!({ "score": score })).await.status, 200);
    }
}
