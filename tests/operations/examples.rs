//! Every example of the API's description, sent and received, and every sentence that it says.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::{
    App, Method, Reply, accounts,
    app::{ACCESS_KEY, REFRESH_KEY},
    description::description,
    jwt,
};

const EMAIL: &str = "reader@example.com";
const MODERATOR: &str = "moderator@example.com";

/// What is different in every run.
const VOLATILE: [&str; 4] = ["access_token", "refresh_token", "token", "created_at"];

/// The operations of the description that clients call with JSON, and what of them has been seen.
struct Examples<'a> {
    app: &'a App,
    authorization: String,
    seen: BTreeSet<String>,
}

struct Operation {
    id: &'static str,
    method: Method,
    path: &'static str,
    value: &'static Value,
}

impl Operation {
    async fn all() -> Vec<Self> {
        let paths = description().await["paths"].as_object().expect("there are paths");
        let of_path = paths.iter().filter(|(path, _)| path.starts_with("/api/")).flat_map(|(path, item)| {
            item.as_object().expect("a path has operations").iter().map(move |(method, value)| Self {
                id: value["operationId"].as_str().expect("an operation has an id"),
                method: method.to_ascii_uppercase().parse().expect("it is a method"),
                path,
                value,
            })
        });
        of_path.collect()
    }

    async fn named(id: &str) -> Self {
        Self::all().await.into_iter().find(|operation| operation.id == id).expect("it is described")
    }

    fn body(&self) -> Option<&'static Value> {
        Some(&self.value["requestBody"]["content"]["application/json"]["example"])
            .filter(|body| !body.is_null())
    }

    fn example(&self, status: u16) -> &'static Value {
        &self.value["responses"][status.to_string()]["content"]["application/json"]["example"]
    }

    /// The path and query of the example request, with another movie where one is given.
    fn target(&self, movie: Option<&str>) -> String {
        let mut path = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.value["parameters"].as_array().into_iter().flatten() {
            let (name, value) = (parameter["name"].as_str().expect("a name"), &parameter["example"]);
            match parameter["in"].as_str() {
                Some("path") => {
                    let value = movie.map_or_else(|| value.to_string(), str::to_owned);
                    path = path.replace(&format!("{{{name}}}"), &value);
                }
                Some("query") if !value.is_null() => query.push(format!("{name}={value}")),
                _ => {}
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// Every error that the description knows, as [`Examples::seen`] notes it.
    fn sentences(&self) -> Vec<String> {
        let responses = self.value["responses"].as_object().expect("there are answers");
        let of_status = responses.iter().flat_map(|(status, response)| {
            let examples = response["content"]["application/json"]["examples"].as_object();
            examples
                .into_iter()
                .flat_map(Map::keys)
                .map(move |sentence| format!("{} {status} {sentence}", self.id))
        });
        of_status.collect()
    }
}

impl Examples<'_> {
    /// Sends the example request of an operation, with other values for some members of its body.
    async fn send(&mut self, id: &str, change: Value) -> Reply {
        let operation = Operation::named(id).await;
        let body = operation.body().map(|body| {
            let mut body = body.as_object().expect("a body is an object").clone();
            body.extend(change.as_object().cloned().unwrap_or_default());
            Value::Object(body).to_string().into_bytes()
        });
        let target = operation.target(None);
        self.request(&operation, &target, body.unwrap_or_default(), &[]).await
    }

    async fn request(
        &mut self,
        operation: &Operation,
        target: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self.app.request(operation.method.clone(), target).body(body);
        let mut headers = headers.to_vec();
        if operation.value.get("security").is_some()
            && !headers.iter().any(|(name, _)| *name == "authorization")
        {
            headers.push(("authorization", &self.authorization));
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let reply = request.send().await;
        if reply.status.as_u16() >= 400
            && let Some(sentence) = reply.json()["detail"].as_str()
        {
            self.seen.insert(format!("{} {} {sentence}", operation.id, reply.status.as_u16()));
        }
        reply
    }

    /// Sends the example request and compares what comes with the example answer.
    async fn assert_answer(&mut self, id: &str, status: u16, change: Value) -> Reply {
        let reply = self.send(id, change).await;
        assert_eq!(reply.status, status, "{id}: {}", reply.text());
        if !reply.body.is_empty() {
            assert_eq!(
                steady(reply.json()),
                steady(Operation::named(id).await.example(status).clone()),
                "{id}"
            );
        }
        reply
    }

    async fn assert_refused(&mut self, id: &str, status: u16, change: Value) {
        let reply = self.send(id, change).await;
        assert_eq!(reply.status, status, "{id}: {}", reply.text());
    }
}

/// The same without what differs in every run.
fn steady(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members
                .into_iter()
                .map(|(name, value)| {
                    if VOLATILE.contains(&name.as_str()) { (name, json!("")) } else { (name, steady(value)) }
                })
                .collect()
        }
        Value::Array(items) => items.into_iter().map(steady).collect(),
        // 83 and 83.0 are the same number.
        Value::Number(number) => json!(number.as_f64()),
        other => other,
    }
}

#[tokio::test]
async fn every_example_is_true_and_every_sentence_is_said() {
    let app = App::start().await;
    let mut db = app.db().await;
    let mut examples = Examples { app: &app, authorization: String::new(), seen: BTreeSet::new() };
    journey_of_an_account(&mut examples).await;

    let moderator = accounts::active(&app, MODERATOR).await;
    let token = |user_id, seconds| {
        jwt::sign(&json!({"user_id": user_id, "exp": jwt::in_seconds(seconds)}), ACCESS_KEY)
    };
    let (reader, old) = (token(1, 60), token(1, -60));
    examples.authorization = format!("Bearer {}", token(moderator, 600));
    let grant = json!({"command": "grant", "email": MODERATOR, "group": "moderator"});
    app.invoke("Manage", grant).await.expect("the account is there");
    journey_of_a_movie(&mut examples).await;

    for operation in &Operation::all().await {
        let has_body = operation.body().is_some();
        let target = operation.target(None);
        if operation.value.get("security").is_some() {
            for authorization in
                ["", "Basic x", "Bearer x", &format!("Bearer {old}"), &format!("Bearer {reader}")]
            {
                let headers = [("authorization", authorization)];
                examples.request(operation, &target, b"{}".to_vec(), &headers).await;
            }
        }
        if has_body {
            examples.request(operation, &target, vec![0xff], &[]).await;
            examples.request(operation, &target, vec![b' '; 1024 * 1024 + 1], &[]).await;
        }
        if operation.path.contains("{movie_id}") {
            examples.request(operation, &operation.target(Some("99")), b"{}".to_vec(), &[]).await;
        }
        let faults = operation.example(422);
        if !faults.is_null() {
            let place = &faults["detail"][0]["loc"];
            let (target, body) = match place[0].as_str() {
                Some("body") => (target, b"{}".to_vec()),
                Some("path") => (operation.target(Some("x")), b"{}".to_vec()),
                _ => (format!("{}?{}=x", operation.path, place[1].as_str().unwrap()), Vec::new()),
            };
            let reply = examples.request(operation, &target, body, &[]).await;
            assert_eq!(reply.json(), *faults, "{}", operation.id);
        }
    }
    sqlx::query("DELETE FROM movies").execute(&mut db).await.unwrap();
    examples.assert_refused("listMovies", 404, json!({})).await;

    let mut seen = examples.seen;
    seen.extend(
        seen_by(App::builder().env("RATE_LIMITS", "on").env("MAIL_LIMIT", "1").env("LOGIN_LIMIT", "1")).await,
    );
    seen.extend(seen_by(App::builder().env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")).await);
    let described: BTreeSet<_> = Operation::all().await.iter().flat_map(Operation::sentences).collect();
    let silent: Vec<_> = described.difference(&seen).collect();
    assert!(silent.is_empty(), "nobody has heard {silent:#?}");
}

/// What every operation says when its example is sent twice.
async fn seen_by(app: crate::support::app::Builder) -> BTreeSet<String> {
    let app = app.start().await;
    let token = jwt::sign(&json!({"user_id": 1, "exp": jwt::in_seconds(60)}), ACCESS_KEY);
    let refresh_token = jwt::sign(&json!({"user_id": 1, "exp": jwt::in_seconds(60)}), REFRESH_KEY);
    let authorization = format!("Bearer {token}");
    let mut examples = Examples { app: &app, authorization, seen: BTreeSet::new() };
    for operation in Operation::all().await {
        for _ in 0..2 {
            examples.send(operation.id, json!({ "refresh_token": refresh_token })).await;
        }
    }
    examples.seen
}

async fn journey_of_an_account(examples: &mut Examples<'_>) {
    let mut db = examples.app.db().await;
    examples.assert_answer("register", 201, json!({})).await;
    examples.assert_refused("register", 409, json!({})).await;
    examples.assert_refused("login", 403, json!({})).await;
    examples.assert_answer("resendActivation", 200, json!({})).await;
    let token = accounts::mailed_token(&mut db, EMAIL).await;
    examples.assert_refused("activate", 400, json!({})).await;
    examples.assert_answer("activate", 200, json!({ "token": token })).await;
    sqlx::query(
        "INSERT INTO activation_tokens (token_hash, expires_at, user_id)
         VALUES (sha256(convert_to($1, 'UTF8')), now() + interval '1 hour', 1)",
    )
    .bind(&token)
    .execute(&mut db)
    .await
    .unwrap();
    examples.assert_refused("activate", 400, json!({ "token": token })).await;

    examples.assert_refused("login", 401, json!({"password": "x"})).await;
    let tokens = examples.assert_answer("login", 201, json!({})).await.json();
    examples.authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    examples.assert_answer("me", 200, json!({})).await;
    let session = json!({"refresh_token": tokens["refresh_token"]});
    examples.assert_answer("refresh", 200, session.clone()).await;
    sqlx::query("UPDATE users SET is_active = false").execute(&mut db).await.unwrap();
    examples.assert_refused("refresh", 403, session.clone()).await;
    sqlx::query("UPDATE users SET is_active = true").execute(&mut db).await.unwrap();
    // A session whose token names somebody else.
    let other = jwt::sign(&json!({"user_id": 99, "exp": jwt::in_seconds(60)}), REFRESH_KEY);
    let insert = "INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
                  VALUES (sha256(convert_to($1, 'UTF8')), now() + interval '1 hour', 1)";
    sqlx::query(insert).bind(&other).execute(&mut db).await.unwrap();
    examples.assert_refused("refresh", 404, json!({ "refresh_token": other })).await;
    let old = jwt::sign(&json!({"user_id": 1, "exp": jwt::in_seconds(-60)}), REFRESH_KEY);
    for operation in ["refresh", "logout"] {
        examples.assert_refused(operation, 400, json!({"refresh_token": "x"})).await;
        examples.assert_refused(operation, 400, json!({ "refresh_token": old })).await;
    }
    examples.assert_answer("logout", 204, session.clone()).await;
    examples.assert_refused("refresh", 401, session).await;

    examples.assert_answer("requestPasswordReset", 200, json!({})).await;
    let token = accounts::mailed_token(&mut db, EMAIL).await;
    examples.assert_answer("completePasswordReset", 200, json!({ "token": token })).await;
    examples.assert_refused("completePasswordReset", 400, json!({ "token": token })).await;
}

async fn journey_of_a_movie(examples: &mut Examples<'_>) {
    examples.assert_answer("createMovie", 201, json!({})).await;
    examples.assert_refused("createMovie", 409, json!({})).await;
    examples.assert_answer("getMovie", 200, json!({})).await;
    examples.assert_answer("listMovies", 200, json!({})).await;
    examples.assert_answer("listGenres", 200, json!({})).await;
    examples.assert_refused("updateMovie", 400, json!({"name": null})).await;
    for id in ["updateMovie", "deleteMovie"] {
        let operation = Operation::named(id).await;
        let target = operation.target(None);
        let reply = examples.request(&operation, &target, b"{}".to_vec(), &[("if-match", "\"old\"")]).await;
        assert_eq!(reply.status, 412, "{id}");
    }
    examples.assert_answer("updateMovie", 200, json!({})).await;
    examples.assert_answer("deleteMovie", 204, json!({})).await;
}
