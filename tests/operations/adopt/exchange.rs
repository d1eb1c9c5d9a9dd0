//! Addresses, and names with dates, that pass from one row of the original to another.

use serde_json::{Value, json};
use sqlx::Executor;

use super::{Original, counts};
use crate::support::{
    App,
    accounts::{PASSWORD, login},
};

async fn addresses(app: &App) -> Vec<(i64, String)> {
    let users = "SELECT id, email FROM users ORDER BY id";
    sqlx::query_as(users).fetch_all(&mut app.db().await).await.unwrap()
}

/// Returns the ids of the rejected rows of a table.
fn rejected(answer: &Value, table: &str) -> Vec<i64> {
    let rejections = answer["rejections"].as_array().unwrap().iter();
    rejections
        .filter(|rejection| rejection["table"] == table)
        .map(|row| row["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn address_passes_to_another_user() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    // Users 1 and 2 swap theirs. User 4 takes that of user 3, and so on up to a new user.
    original
        .execute(
            "UPDATE users SET email = 'swapped' WHERE id = 1;
             UPDATE users SET email = 'user1@example.com' WHERE id = 2;
             UPDATE users SET email = 'user2@example.com' WHERE id = 1;
             UPDATE users SET email = 'other@example.com' WHERE id = 3;
             UPDATE users SET email = 'user3@example.com' WHERE id = 4;
             UPDATE users SET email = 'user4@example.com' WHERE id = 5;
             INSERT INTO users (email, hashed_password, is_active, group_id)
             SELECT 'user5@example.com', hashed_password, true, 1 FROM users WHERE id = 1",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(answer["rejections"], json!([]));
    assert_eq!(counts(&answer, "users"), [11, 1, 5, 0, 0, 0]);
    let expected = [
        (1, "user2@example.com"),
        (2, "user1@example.com"),
        (3, "other@example.com"),
        (4, "user3@example.com"),
        (5, "user4@example.com"),
        (6, "user6@example.com"),
    ]
    .map(|(id, email)| (id, email.to_owned()));
    let found = addresses(&app).await;
    assert_eq!(found[..6], expected);
    assert_eq!(found[10], (11, "user5@example.com".to_owned()));
    assert_eq!(login(&app, "user5@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn address_that_its_user_keeps_here_is_a_conflict() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    let mut db = app.db().await;
    db.execute(
        "INSERT INTO users (email, hashed_password, group_id)
         SELECT 'here@example.com', 'x', id FROM user_groups WHERE name = 'user'",
    )
    .await
    .unwrap();
    let before = addresses(&app).await;
    // User 1 cannot have an address that exists here, so it keeps its own, which user 2 then cannot have, and so on.
    original
        .execute(
            "UPDATE users SET email = 'here@example.com' WHERE id = 1;
             UPDATE users SET email = 'user1@example.com' WHERE id = 2;
             UPDATE users SET email = 'user2@example.com' WHERE id = 3;
             UPDATE users SET email = 'not an address' WHERE id = 4;
             UPDATE users SET email = 'user4@example.com' WHERE id = 5;
             UPDATE users SET group_id = 2 WHERE id = 6",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(counts(&answer, "users"), [10, 0, 1, 5, 0, 0]);
    let mut ids = rejected(&answer, "users");
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    assert_eq!(addresses(&app).await, before);
    db.execute("DELETE FROM users WHERE email = 'here@example.com'").await.unwrap();
    original.execute("UPDATE users SET email = 'other@example.com' WHERE id = 4").await;
    let answer = original.adopt(&app).await;
    assert_eq!((&answer["rejections"], counts(&answer, "users")[2]), (&json!([]), 5));
}

#[tokio::test]
async fn name_and_date_pass_to_another_movie() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    original
        .execute(
            "UPDATE movies SET date = '1990-01-01';
             UPDATE movies SET name = 'swapped' WHERE id = 1;
             UPDATE movies SET name = 'Movie 1' WHERE id = 2;
             UPDATE movies SET name = 'Movie 2' WHERE id = 1;
             UPDATE movies SET name = 'Other' WHERE id = 3;
             UPDATE movies SET name = 'Movie 3' WHERE id = 4;
             INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
             VALUES ('Movie 4', '1990-01-01', 1, '', 'RELEASED', 1, 1, 2)",
        )
        .await;
    original.adopt(&app).await;
    original
        .execute(
            "UPDATE movies SET name = 'swapped' WHERE id = 1;
             UPDATE movies SET name = 'Movie 2' WHERE id = 2;
             UPDATE movies SET name = 'Movie 1' WHERE id = 1;
             UPDATE movies SET name = 'Movie 101' WHERE id = 101;
             UPDATE movies SET name = 'Movie 4' WHERE id = 4;
             UPDATE movies SET name = 'Movie 3' WHERE id = 3;
             INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
             VALUES ('Other', '1990-01-01', 1, '', 'RELEASED', 1, 1, 2)",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(answer["rejections"], json!([]));
    assert_eq!(counts(&answer, "movies"), [102, 1, 5, 0, 0, 0]);
    for (id, name) in
        [(1, "Movie 1"), (2, "Movie 2"), (3, "Movie 3"), (4, "Movie 4"), (101, "Movie 101"), (102, "Other")]
    {
        assert_eq!(app.get(&format!("/api/v1/theater/movies/{id}/")).await.json()["name"], name);
    }

    // Movie 1 cannot be replaced, so it keeps its name.
    app.db()
        .await
        .execute("UPDATE movies SET name = 'Here' WHERE id = 50; DELETE FROM movies WHERE id = 51")
        .await
        .unwrap();
    original
        .execute(
            "UPDATE movies SET name = 'Here' WHERE id = 1;
             UPDATE movies SET name = 'Movie 1' WHERE id = 2;
             UPDATE movies SET name = 'Movie 2' WHERE id = 3",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(counts(&answer, "movies"), [102, 0, 0, 3, 0, 0]);
    assert_eq!(app.get("/api/v1/theater/movies/1/").await.json()["name"], "Movie 1");
}
