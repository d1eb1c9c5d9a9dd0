//! Rows that cannot or must not be taken over.

use serde_json::json;
use sqlx::Executor;

use super::{Original, counts, everything, refresh_token};
use crate::support::App;

#[tokio::test]
async fn row_that_breaks_a_rule_is_reported_and_left_out() {
    let app = App::start().await;
    let mut original = Original::with(200).await;
    original
        .execute(
            "ALTER TYPE moviestatusenum ADD VALUE 'CANCELLED';
             ALTER TYPE usergroupenum ADD VALUE 'GUEST'",
        )
        .await;
    let too_long = "x".repeat(120);
    sqlx::query("UPDATE users SET email = $1 WHERE id = 4")
        .bind(format!("{too_long}@example.com"))
        .execute(&mut original.db)
        .await
        .unwrap();
    original
        .execute(
            "INSERT INTO user_groups (name) VALUES ('GUEST');
             UPDATE users SET email = 'USER1@example.com' WHERE id = 2;
             UPDATE users SET email = 'not an address' WHERE id = 3;
             UPDATE users SET group_id = 4 WHERE id = 5;
             UPDATE users SET hashed_password = '' WHERE id = 6;
             UPDATE users SET created_at = 'infinity' WHERE id = 7;
             UPDATE movies SET date = '2999-01-01' WHERE id = 1;
             UPDATE movies SET score = 100.5 WHERE id = 2;
             UPDATE movies SET score = 'NaN' WHERE id = 3;
             UPDATE movies SET budget = -1 WHERE id = 4;
             UPDATE movies SET revenue = 'Infinity' WHERE id = 5;
             UPDATE movies SET status = 'CANCELLED' WHERE id = 6;
             UPDATE movies SET name = ' ' WHERE id = 7;
             UPDATE movies SET name = 'Movie 9 ', date = '1990-01-10' WHERE id = 11;
             UPDATE movies SET budget = 10000000000000 WHERE id = 8;
             UPDATE movies SET date = '0044-03-15 BC' WHERE id = 12;
             INSERT INTO genres (name) VALUES (''), ('Genre 2 ');
             INSERT INTO movies_genres VALUES (13, 21), (13, 22);
             INSERT INTO countries (code) VALUES ('d1'), ('us')",
        )
        .await;
    let answer = original.adopt(&app).await;
    let rejections: Vec<_> = answer["rejections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rejection| {
            let text = |name: &str| rejection[name].as_str().unwrap_or("-").to_owned();
            (text("table"), rejection["id"].as_i64().unwrap(), text("field"), text("reason"))
        })
        .collect();
    for (table, id, field, reason) in [
        ("users", 3, "email", "value is not a valid email address: An email address must have an @-sign."),
        ("users", 4, "email", "value is not a valid email address: The email address is too long"),
        ("users", 5, "group", "Input should be 'user', 'moderator' or 'admin'"),
        ("users", 6, "hashed_password", "String should have at least 1 character"),
        ("users", 7, "created_at", "Input should be a valid datetime"),
        ("users", 2, "-", "Its address is that of user 1, apart from upper and lower case"),
        ("user_profiles", 2, "-", "Its user (3) is not taken over"),
        ("refresh_tokens", 2, "-", "Its user (2) is not taken over"),
        ("movies", 1, "date", "\"2999-01-01\": Value error, The year in 'date' cannot be greater than"),
        ("movies", 2, "score", "\"100.5\": Input should be less than or equal to 100"),
        ("movies", 3, "score", "\"NaN\": Input should be a valid number"),
        ("movies", 4, "budget", "\"-1\": Input should be greater than or equal to 0"),
        ("movies", 5, "revenue", "\"Infinity\": Input should be a valid number"),
        (
            "movies",
            6,
            "status",
            "\"Cancelled\": Input should be 'Released', 'Post Production' or 'In Production'",
        ),
        ("movies", 7, "name", "String should have at least 1 character"),
        ("movies", 8, "budget", "\"10000000000000\": Input should be less than or equal to 9999999999999.99"),
        ("movies", 12, "date", "\"0044-03-15 BC\": Input should be a valid date"),
        ("movies", 11, "-", "Its name and date are those of movie 9"),
        ("genres", 21, "name", "String should have at least 1 character"),
        ("genres", 22, "-", "Its name is that of 2, which stands for it"),
        ("countries", 4, "code", "\"d1\": String should match pattern"),
        ("countries", 5, "-", "Its code is that of country 1"),
    ] {
        let found = rejections.iter().find(|(in_table, with_id, ..)| in_table == table && *with_id == id);
        let (_, _, in_field, said) = found.unwrap_or_else(|| panic!("{table} {id}: {answer}"));
        assert_eq!(in_field, field, "{table} {id}: {said}");
        assert!(said.contains(reason), "{table} {id}: {said}");
    }
    assert_eq!(counts(&answer, "users"), [20, 14, 0, 6, 0, 0]);
    assert_eq!(counts(&answer, "movies"), [200, 190, 0, 10, 0, 0]);
    // A blank genre and a second spelling do not reject the movie.
    let movie = app.get("/api/v1/theater/movies/13/").await.json();
    assert_eq!(movie["genres"].as_array().unwrap().len(), 5, "{movie}");
    assert_eq!(movie["genres"][0], json!({"id": 2, "name": "Genre 2"}));
    // The next run takes over what was corrected there.
    original.execute("UPDATE users SET email = 'user3@example.com' WHERE id = 3").await;
    assert_eq!(counts(&original.adopt(&app).await, "users"), [20, 1, 0, 5, 0, 0]);
}

#[tokio::test]
async fn rejected_user_keeps_the_tokens_taken_over() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    // Users 1 and 10 have a mailed link. The tokens of users 4 and 5 become invalid, and those of 6 and 7 are gone.
    original
        .execute(
            "ALTER TYPE usergroupenum ADD VALUE 'GUEST';
             UPDATE users SET email = 'not an address ' || id WHERE id IN (1, 7);
             UPDATE users SET email = 'USER2@example.com' WHERE id = 10;
             UPDATE users SET hashed_password = replace(hashed_password, 'Wi', 'Wj') WHERE id = 5;
             UPDATE refresh_tokens SET expires_at = 'infinity' WHERE user_id IN (4, 5);
             DELETE FROM refresh_tokens WHERE user_id IN (6, 7)",
        )
        .await;
    original
        .execute(
            "INSERT INTO user_groups (name) VALUES ('GUEST');
             UPDATE users SET group_id = 4 WHERE id = 3",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(counts(&answer, "users"), [10, 0, 1, 4, 0, 0]);
    assert_eq!(counts(&answer, "activation_tokens"), [1, 0, 0, 1, 0, 0]);
    assert_eq!(counts(&answer, "password_reset_tokens"), [1, 0, 0, 1, 0, 0]);
    assert_eq!(counts(&answer, "refresh_tokens"), [8, 0, 0, 5, 2, 0]);
    for (user_id, status) in [(1, 200), (2, 200), (3, 200), (4, 200), (5, 200), (6, 401), (7, 401)] {
        let token = json!({ "refresh_token": refresh_token(user_id) });
        let reply = app.post_json("/api/v1/accounts/refresh/", token).await;
        assert_eq!(reply.status, status, "{user_id}");
    }
}

#[tokio::test]
async fn hundred_rejections_a_table_are_listed_and_all_counted() {
    let app = App::start().await;
    let mut original = Original::with(300).await;
    original.execute("UPDATE movies SET score = 101 WHERE id <= 150").await;
    original.execute("INSERT INTO movies SELECT 1000 + id, name || ' ', date, score, overview, status, budget, revenue, country_id FROM movies WHERE id > 150").await;
    original.execute("UPDATE users SET email = 'USER1@example.com' WHERE id = 2").await;
    let answer = original.adopt(&app).await;
    assert_eq!(answer["rejected"], 302);
    let listed = |table: &str| {
        let rejections = answer["rejections"].as_array().unwrap().iter();
        rejections.filter(|rejection| rejection["table"] == table).count()
    };
    assert_eq!(["movies", "users", "refresh_tokens"].map(listed), [100, 1, 1]);
    assert_eq!(counts(&answer, "movies"), [450, 150, 0, 300, 0, 0]);
}

#[tokio::test]
async fn id_of_a_row_made_here_is_a_conflict() {
    let app = App::start().await;
    let mut db = app.db().await;
    db.execute(
        "INSERT INTO users (email, hashed_password, group_id) SELECT 'here@example.com', 'x', id FROM user_groups LIMIT 1;
         INSERT INTO countries (code) VALUES ('DE');
         INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT 'Here ' || number, '2001-01-01', 1, '', 'Released', 1, 1, countries.id
         FROM countries, generate_series(1, 12) AS number",
    )
    .await
    .unwrap();
    let before = everything(&app).await;
    let original = Original::with(100).await;
    let error = original.adopt_with(&app, "remove").await.unwrap_err();
    assert_eq!(
        error.error_message,
        "Rows that were made here have ids of the original: users 1; movies 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more. \
         Nothing is stored."
    );
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn account_and_movie_made_here_stay() {
    let app = App::start().await;
    let mut db = app.db().await;
    db.execute(
        "INSERT INTO users (id, email, hashed_password, group_id) OVERRIDING SYSTEM VALUE
         SELECT given, address, 'made here', user_groups.id
         FROM (VALUES (500, 'user1@example.com'), (2, 'user2@example.com')) AS new (given, address), user_groups
         WHERE name = 'user';
         INSERT INTO countries (code) VALUES ('DE');
         INSERT INTO movies (id, name, date, score, overview, status, budget, revenue, country_id)
         OVERRIDING SYSTEM VALUE
         SELECT given, 'Movie ' || number, date '1990-01-01' + number, 1, 'made here', 'Released', 1, 1, countries.id
         FROM (VALUES (500, 1), (2, 2)) AS new (given, number), countries",
    )
    .await
    .unwrap();
    let answer = Original::with(100).await.adopt(&app).await;
    assert_eq!(counts(&answer, "users"), [10, 8, 0, 2, 0, 0]);
    assert_eq!(counts(&answer, "movies"), [100, 98, 0, 2, 0, 0]);
    assert_eq!(counts(&answer, "refresh_tokens"), [10, 8, 0, 2, 0, 0]);
    let mine: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM users WHERE hashed_password = 'made here')
              + (SELECT count(*) FROM movies WHERE overview = 'made here')",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(mine, 4);
    for reason in [
        "An account here has its address, with the id 500",
        "A movie here has its name and date, with the id 2",
    ] {
        assert!(
            answer["rejections"].as_array().unwrap().iter().any(|found| found["reason"] == reason),
            "{answer}"
        );
    }
}
