//! Sends every example request of the OpenAPI description, and provokes every error message in it.

mod sending;

use std::collections::BTreeSet;

use sending::{Examples, Operation};
use serde_json::json;

use crate::support::{
    App, accounts,
    app::{ACCESS_KEY, REFRESH_KEY},
    form::Form,
    jwt,
};

const EMAIL: &str = "reader@example.com";
const MODERATOR: &str = "moderator@example.com";
const DISABLED: &str = "disabled@example.com";

#[tokio::test]
async fn description_examples_and_errors_match_responses() {
    let app = App::start().await;
    let mut db = app.db().await;
    let mut examples = Examples::new(&app, String::new());
    journey_of_an_account(&mut examples).await;

    let moderator = accounts::active(&app, MODERATOR).await;
    let bearer = |user_id, seconds| {
        let (iat, exp) = (jwt::in_seconds(0), jwt::in_seconds(seconds));
        let claims = json!({"user_id": user_id, "iat": iat, "exp": exp});
        format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY))
    };
    let disabled = accounts::active(&app, DISABLED).await;
    let disable = "UPDATE users SET disabled_at = now() WHERE email = $1";
    sqlx::query(disable).bind(DISABLED).execute(&mut db).await.unwrap();
    let (reader, old, disabled) = (bearer(1, 60), bearer(1, -60), bearer(disabled, 60));
    examples.authorization = bearer(moderator, 600);
    let grant = json!({"command": "grant", "email": MODERATOR, "group": "moderator"});
    app.invoke("Manage", grant).await.expect("the account is there");
    journey_of_a_movie(&mut examples).await;
    journey_of_a_profile(&mut examples).await;
    let grant = json!({"command": "grant", "email": MODERATOR, "group": "admin"});
    app.invoke("Manage", grant).await.expect("the account is there");

    for operation in &Operation::all().await {
        let has_body = operation.body().is_some();
        let target = operation.target(None);
        if operation.value.get("security").is_some() {
            for authorization in ["", "Basic x", "Bearer x", &old, &disabled, &reader] {
                let headers = [("authorization", authorization)];
                examples.request(operation, &target, b"{}".to_vec(), &headers).await;
            }
        }
        if operation.is_form() {
            let form = Form::default().text("info", vec![0xff]);
            examples.request(operation, &target, form.body(), &[]).await;
            examples.request(operation, &target, vec![b' '; 4 * 1024 * 1024 + 1], &[]).await;
            for authorization in [&disabled, &reader] {
                let body = operation.written(operation.body().expect("it has a body"));
                let headers = [("authorization", &**authorization)];
                examples.request(operation, &operation.target(Some("99")), body, &headers).await;
            }
        } else if has_body {
            examples.request(operation, &target, vec![0xff], &[]).await;
            examples.request(operation, &target, vec![b' '; 1024 * 1024 + 1], &[]).await;
        }
        if operation.path.contains('{') {
            let body = operation.body().filter(|_| operation.is_form());
            let body = body.map_or_else(|| b"{}".to_vec(), |body| operation.written(body));
            examples.request(operation, &operation.target(Some("99")), body, &[]).await;
        }
        let faults = operation.example(422);
        if !faults.is_null() {
            let place = &faults["detail"][0]["loc"];
            let (target, body) = match place[0].as_str() {
                Some("body") => (target, b"{}".to_vec()),
                Some("path") => {
                    let all = faults["detail"].as_array().unwrap().iter().map(|fault| &fault["loc"]);
                    let query = all
                        .filter(|loc| loc[0] == "query")
                        .map(|loc| format!("{}=x", loc[1].as_str().unwrap()));
                    let query = Vec::from_iter(query).join("&");
                    let target = operation.target(Some("x"));
                    (if query.is_empty() { target } else { format!("{target}?{query}") }, b"{}".to_vec())
                }
                _ => (format!("{}?{}=x", operation.path, place[1].as_str().unwrap()), Vec::new()),
            };
            let reply = examples.request(operation, &target, body, &[]).await;
            assert_eq!(reply.json(), *faults, "{}", operation.id);
        }
    }
    for id in ["listUsers", "listEvents"] {
        let operation = Operation::named(id).await;
        let target = format!("{}?page=99", operation.path);
        assert_eq!(examples.request(&operation, &target, Vec::new(), &[]).await.status, 404, "{id}");
    }
    sqlx::query("DELETE FROM movies").execute(&mut db).await.unwrap();
    examples.assert_error("listMovies", 404, json!({})).await;
    sqlx::query("DELETE FROM actors").execute(&mut db).await.unwrap();
    examples.assert_error("listActors", 404, json!({})).await;
    // Storing a picture fails.
    let full = App::builder().env("STORAGE_URL", "file:/dev/null/pictures");
    let full = full.env("DATABASE_URL", &app.database().url()).start().await;
    let mut unstored = Examples::new(&full, bearer(1, 60));
    sqlx::query("DELETE FROM user_profiles").execute(&mut db).await.unwrap();
    unstored.assert_error("createProfile", 500, json!({})).await;
    sqlx::query("INSERT INTO user_profiles (user_id) VALUES (1)").execute(&mut db).await.unwrap();
    unstored.assert_error("updateProfile", 500, json!({})).await;
    end_of_an_account(&mut examples).await;

    let operations = Operation::all().await;
    let unsent: Vec<_> =
        operations.iter().map(|one| one.id).filter(|id| !examples.answered.contains(*id)).collect();
    assert!(unsent.is_empty(), "tests/operations/examples/mod.rs does not send the example of {unsent:?}");

    let mut seen = examples.seen;
    seen.extend(unstored.seen);
    let limits = ["LOGIN_LIMIT", "MAIL_LIMIT", "TOKEN_LIMIT"];
    let limited = App::builder().env("RATE_LIMITS", "on");
    let limited = limits.iter().fold(limited, |builder, limit| builder.env(limit, "1")).start().await;
    accounts::active(&limited, "owner@example.com").await;
    seen.extend(seen_by(&limited).await);
    let broken = App::builder().env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").start().await;
    seen.extend(seen_by(&broken).await);
    let described: BTreeSet<_> = operations.iter().flat_map(Operation::sentences).collect();
    let silent: Vec<_> = described.difference(&seen).collect();
    assert!(silent.is_empty(), "tests/operations/examples/mod.rs provokes none of {silent:#?}");
}

/// Returns the responses of every operation when its example is sent three times.
async fn seen_by(app: &App) -> BTreeSet<String> {
    // Issued after every session that the examples end.
    let later = jwt::in_seconds(60);
    let token = jwt::sign(&json!({"user_id": 1, "exp": later, "iat": later}), ACCESS_KEY);
    let refresh_token = jwt::sign(&json!({"user_id": 1, "exp": jwt::in_seconds(60)}), REFRESH_KEY);
    let authorization = format!("Bearer {token}");
    let mut examples = Examples::new(app, authorization);
    for operation in Operation::all().await {
        let change = match operation.id {
            // The account must stay for the others.
            "deleteAccount" => json!({"password": "x"}),
            _ => json!({ "refresh_token": refresh_token }),
        };
        for _ in 0..3 {
            examples.send(operation.id, change.clone()).await;
        }
    }
    examples.seen
}

async fn journey_of_an_account(examples: &mut Examples<'_>) {
    let mut db = examples.app.db().await;
    examples.assert_response("register", 201, json!({})).await;
    examples.assert_error("register", 409, json!({})).await;
    examples.assert_error("login", 403, json!({})).await;
    examples.assert_response("resendActivation", 200, json!({})).await;
    let token = accounts::mailed_token(&mut db, EMAIL).await;
    examples.assert_error("activate", 400, json!({})).await;
    examples.assert_response("activate", 200, json!({ "token": token })).await;
    sqlx::query(
        "INSERT INTO activation_tokens (token_hash, expires_at, user_id)
         VALUES (sha256(convert_to($1, 'UTF8')), now() + interval '1 hour', 1)",
    )
    .bind(&token)
    .execute(&mut db)
    .await
    .unwrap();
    examples.assert_error("activate", 400, json!({ "token": token })).await;

    examples.assert_error("login", 401, json!({"password": "x"})).await;
    let tokens = examples.assert_response("login", 201, json!({})).await.json();
    examples.authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    examples.assert_response("me", 200, json!({})).await;
    sqlx::raw_sql(
        "DELETE FROM activation_tokens; DELETE FROM mail_outbox; DELETE FROM events;
         INSERT INTO user_profiles (first_name, last_name, gender, date_of_birth, info, user_id)
         VALUES ('ann', 'smith', 'woman', '1990-05-17', 'Likes heist movies.', 1);
         INSERT INTO email_change_tokens (token_hash, expires_at, user_id, email)
         VALUES (sha256('x'), now() + interval '1 hour', 1, 'new.reader@example.com');
         INSERT INTO mail_outbox (kind, user_id, sent_at) VALUES ('activation', 1, now());
         SELECT setval(pg_get_serial_sequence('events', 'id'), 1);
         INSERT INTO events (action, actor_id, user_id) VALUES ('login', 1, 1)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    examples.assert_response("exportAccount", 200, json!({})).await;
    sqlx::query("TRUNCATE user_profiles RESTART IDENTITY").execute(&mut db).await.unwrap();
    examples.assert_response("listSessions", 200, json!({})).await;
    administration(examples).await;
    let tokens = examples.assert_response("login", 201, json!({})).await.json();
    examples.authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    examples.assert_response("endSession", 204, json!({})).await;
    examples.assert_error("endSession", 404, json!({})).await;
    examples.assert_response("endOtherSessions", 204, json!({})).await;
    examples.assert_error("changePassword", 400, json!({"old_password": "x"})).await;
    examples.assert_response("changePassword", 200, json!({})).await;
    let back = json!({"old_password": "AnotherPassword456#", "new_password": accounts::PASSWORD});
    examples.assert_response("changePassword", 200, back).await;
    examples.assert_error("requestEmailChange", 400, json!({"password": "x"})).await;
    examples.assert_response("requestEmailChange", 200, json!({})).await;
    let token = accounts::mailed_token(&mut db, EMAIL).await;
    examples.assert_error("completeEmailChange", 400, json!({"token": "x"})).await;
    examples.assert_response("completeEmailChange", 200, json!({ "token": token })).await;
    sqlx::query("UPDATE users SET email = $1").bind(EMAIL).execute(&mut db).await.unwrap();
    let session = json!({"refresh_token": tokens["refresh_token"]});
    examples.assert_response("refresh", 200, session.clone()).await;
    sqlx::query("UPDATE users SET is_active = false").execute(&mut db).await.unwrap();
    examples.assert_error("refresh", 403, session.clone()).await;
    sqlx::query("UPDATE users SET is_active = true").execute(&mut db).await.unwrap();
    sqlx::query("UPDATE users SET disabled_at = now()").execute(&mut db).await.unwrap();
    examples.assert_error("refresh", 403, session.clone()).await;
    examples.assert_error("login", 403, json!({})).await;
    sqlx::query("UPDATE users SET disabled_at = NULL").execute(&mut db).await.unwrap();
    // A session whose token belongs to another user.
    let other = jwt::sign(&json!({"user_id": 99, "exp": jwt::in_seconds(60)}), REFRESH_KEY);
    let insert = "INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
                  VALUES (sha256(convert_to($1, 'UTF8')), now() + interval '1 hour', 1)";
    sqlx::query(insert).bind(&other).execute(&mut db).await.unwrap();
    examples.assert_error("refresh", 404, json!({ "refresh_token": other })).await;
    let old = jwt::sign(&json!({"user_id": 1, "exp": jwt::in_seconds(-60)}), REFRESH_KEY);
    for operation in ["refresh", "logout"] {
        examples.assert_error(operation, 400, json!({"refresh_token": "x"})).await;
        examples.assert_error(operation, 400, json!({ "refresh_token": old })).await;
    }
    examples.assert_response("logout", 204, session.clone()).await;
    examples.assert_error("refresh", 401, session).await;

    examples.assert_response("requestPasswordReset", 200, json!({})).await;
    let token = accounts::mailed_token(&mut db, EMAIL).await;
    examples.assert_response("completePasswordReset", 200, json!({ "token": token })).await;
    examples.assert_error("completePasswordReset", 400, json!({ "token": token })).await;
}

async fn end_of_an_account(examples: &mut Examples<'_>) {
    let mut db = examples.app.db().await;
    let body = json!({"password": "AnotherPassword456#"});
    let tokens = examples.assert_response("login", 201, body.clone()).await.json();
    examples.authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    examples.assert_error("deleteAccount", 400, json!({"password": "x"})).await;
    let only_admin = "UPDATE users SET group_id = user_groups.id FROM user_groups
        WHERE name = (CASE WHEN email = $1 THEN 'admin' ELSE 'user' END)::user_group";
    sqlx::query(only_admin).bind(EMAIL).execute(&mut db).await.unwrap();
    examples.assert_error("deleteAccount", 409, json!({"password": "AnotherPassword456#"})).await;
    sqlx::query(only_admin).bind("").execute(&mut db).await.unwrap();
    examples.assert_response("deleteAccount", 204, body).await;
}

/// Sends what only admins may, while the only user is one, and then a user again.
async fn administration(examples: &mut Examples<'_>) {
    let mut db = examples.app.db().await;
    let grant = json!({"command": "grant", "email": EMAIL, "group": "admin"});
    examples.app.invoke("Manage", grant).await.expect("the account is there");
    examples.assert_response("listUsers", 200, json!({})).await;
    sqlx::query("TRUNCATE events RESTART IDENTITY").execute(&mut db).await.unwrap();
    examples.assert_response("login", 201, json!({})).await;
    examples.assert_response("listEvents", 200, json!({})).await;
    examples.assert_error("updateUser", 409, json!({})).await;
    let second = "INSERT INTO users (email, hashed_password, is_active, group_id)
                  SELECT 'second@example.com', 'x', true, id FROM user_groups WHERE name = 'admin'";
    sqlx::query(second).execute(&mut db).await.unwrap();
    examples.assert_response("updateUser", 200, json!({})).await;
    sqlx::query("DELETE FROM users WHERE id > 1").execute(&mut db).await.unwrap();
    let back = "UPDATE users SET group_id = user_groups.id FROM user_groups WHERE name = 'user'";
    sqlx::query(back).execute(&mut db).await.unwrap();
}

async fn journey_of_a_profile(examples: &mut Examples<'_>) {
    examples.assert_response("createProfile", 201, json!({})).await;
    examples.assert_error("createProfile", 400, json!({})).await;
    examples.assert_response("getProfile", 200, json!({})).await;
    examples.assert_response("updateProfile", 200, json!({})).await;
    examples.assert_response("deleteProfile", 204, json!({})).await;
    for id in ["getProfile", "updateProfile", "deleteProfile"] {
        examples.assert_error(id, 404, json!({})).await;
    }
}

async fn journey_of_a_movie(examples: &mut Examples<'_>) {
    examples.assert_response("createMovie", 201, json!({})).await;
    examples.assert_error("createMovie", 409, json!({})).await;
    examples.assert_response("getMovie", 200, json!({})).await;
    examples.assert_response("listMovies", 200, json!({})).await;
    examples.assert_response("listGenres", 200, json!({})).await;
    examples.assert_response("listActors", 200, json!({})).await;
    examples.assert_response("getActor", 200, json!({})).await;
    examples.assert_error("updateMovie", 400, json!({"name": null})).await;
    let other = json!({"name": "Ronin", "date": "1998-09-25"});
    let create = Operation::named("createMovie").await;
    let mut movie = create.body().expect("it has a body").clone();
    (movie["name"], movie["date"]) = (other["name"].clone(), other["date"].clone());
    let reply = examples.request(&create, create.path, movie.to_string().into_bytes(), &[]).await;
    assert_eq!(reply.status, 201);
    let replace = Operation::named("replaceMovie").await;
    let movie = replace.body().expect("it has a body").to_string().into_bytes();
    for (id, status) in [(reply.json()["id"].to_string(), 409), ("99".into(), 404)] {
        let reply = examples.request(&replace, &replace.target(Some(&id)), movie.clone(), &[]).await;
        assert_eq!(reply.status, status);
    }
    for id in ["updateMovie", "deleteMovie"] {
        let operation = Operation::named(id).await;
        let target = operation.target(None);
        let reply = examples.request(&operation, &target, b"{}".to_vec(), &[("if-match", "\"old\"")]).await;
        assert_eq!(reply.status, 412, "{id}");
    }
    let reply = examples.request(&replace, &replace.target(None), movie, &[("if-match", "\"old\"")]).await;
    assert_eq!(reply.status, 412);
    examples.assert_response("updateMovie", 200, json!({})).await;
    examples.assert_response("replaceMovie", 200, json!({})).await;
    examples.assert_response("deleteMovie", 204, json!({})).await;
}
