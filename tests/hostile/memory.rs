//! Checks a function's memory with the largest and most expensive bodies.

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{
    giants::{GIANTS, Giant},
    operation::Operation,
};
use crate::support::{App, accounts, app::ACCESS_KEY, jwt};

/// The largest body that endpoints read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The largest body that reaches a function, in bytes: Lambda accepts events of 6 MB, with the body in base64.
const MAX_EVENT: usize = 4 * 1024 * 1024;

/// The operations to test with every shape. The others use the same code, and get the shapes that take most memory.
const ALL_SHAPES: [&str; 2] = ["createMovie", "completePasswordReset"];
const WORST: [&str; 3] = ["lists", "members", "growing letters"];

fn shapes(operation: &Operation) -> impl Iterator<Item = &'static Giant> {
    let has_all = ALL_SHAPES.contains(&operation.id);
    let has_body = operation.body.is_some();
    GIANTS.iter().filter(move |(name, _)| has_body && (has_all || WORST.contains(name)))
}

/// Returns two bodies of this shape: one as a whole, and one with a part in each member.
fn bodies(operation: &Operation, (_, make): &Giant) -> [String; 2] {
    let properties = operation.body.and_then(|schema| schema["properties"].as_object());
    let names: Vec<_> = properties.into_iter().flatten().map(|(name, _)| name).collect();
    let size = MAX_BODY / names.len().max(1) - 40;
    let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":{}", make(size))).collect();
    [make(MAX_BODY), format!("{{{}}}", members.join(","))]
}

#[tokio::test]
async fn largest_bodies_fit_in_memory_of_every_function() {
    let app = App::builder().env("MOVIE_WRITES", "open").start().await;
    let user = accounts::active(&app, "ann@example.com").await;
    let token = jwt::sign(&json!({ "user_id": user, "exp": jwt::in_seconds(3600) }), ACCESS_KEY);
    let operations = Operation::all().await;
    let requests = operations.iter().flat_map(|operation| {
        let read = shapes(operation).flat_map(|shape| bodies(operation, shape));
        read.chain([GIANTS[0].1(MAX_EVENT)]).map(move |body| (operation, body))
    });
    let mut replies = stream::iter(requests)
        .map(async |(operation, body)| {
            let path = operation
                .path
                .replace("{movie_id}", "1")
                .replace("{user_id}", &user.to_string())
                .replace("{file}", "index.css");
            let request =
                app.request(operation.method.clone(), &path).header("content-type", "application/json");
            let request = request.header("authorization", &format!("Bearer {token}"));
            (operation.id, request.body(body).send().await.status)
        })
        .buffer_unordered(2);
    while let Some((id, status)) = replies.next().await {
        assert!(!status.is_server_error(), "{id}: {status}");
    }
    drop(replies);
    for name in app.started().cloned().collect::<Vec<_>>() {
        assert_eq!(app.ended(&name), 0, "{name} has ended");
        let (peak, limit) = (app.peak_memory(&name) / 1024, app.template().functions[&name].memory);
        println!("{name}: {peak} MiB of {limit}");
        assert!(peak < limit / 2, "{name} had {peak} MiB of {limit}");
    }
}
