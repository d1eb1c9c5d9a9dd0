//! Later runs, until the day of the move.

use serde_json::json;

use super::{Original, counts, everything, refresh_token};
use crate::support::{
    App, Method,
    accounts::{PASSWORD, login},
    app::ACCESS_KEY,
    jwt,
};

#[tokio::test]
async fn second_run_brings_what_is_new_or_changed() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    original
        .execute(
            "INSERT INTO users (email, hashed_password, is_active, group_id)
                 SELECT 'late@example.com', hashed_password, true, 1 FROM users WHERE id = 1;
             UPDATE users SET is_active = true, group_id = 2 WHERE id = 10;
             UPDATE user_profiles SET info = 'changed' WHERE user_id = 1;
             INSERT INTO user_profiles (user_id) VALUES (11);
             UPDATE genres SET name = 'Renamed' WHERE id = 2;
             INSERT INTO actors (name) VALUES ('Late Actor');
             UPDATE countries SET name = 'French Republic' WHERE code = 'FR';
             UPDATE movies SET name = 'Changed', status = 'IN_PRODUCTION' WHERE id = 21;
             INSERT INTO actors_movies VALUES (22, 301);
             INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
                 VALUES ('Late', '2001-01-01', 1, '', 'RELEASED', 1, 1, 2);
             DELETE FROM activation_tokens WHERE user_id = 10;
             DELETE FROM refresh_tokens WHERE user_id = 4",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(answer["rejections"], json!([]));
    assert_eq!(counts(&answer, "users"), [11, 1, 1, 0, 0, 0]);
    assert_eq!(counts(&answer, "user_profiles"), [6, 1, 1, 0, 0, 0]);
    assert_eq!(counts(&answer, "genres"), [20, 0, 1, 0, 0, 0]);
    assert_eq!(counts(&answer, "actors"), [301, 1, 0, 0, 0, 0]);
    assert_eq!(counts(&answer, "countries"), [3, 0, 1, 0, 0, 0]);
    assert_eq!(counts(&answer, "activation_tokens"), [0, 0, 0, 0, 1, 0]);
    assert_eq!(counts(&answer, "refresh_tokens"), [9, 0, 0, 0, 1, 0]);
    let [rows, new, changed, ..] = counts(&answer, "movies");
    // Twenty movies have the renamed genre, 21 among them.
    assert_eq!((rows, new, changed), (101, 1, 21));

    assert_eq!(login(&app, "user10@example.com", PASSWORD).await.status, 201);
    assert_eq!(login(&app, "late@example.com", PASSWORD).await.status, 201);
    let refresh = async |user_id| {
        let token = json!({ "refresh_token": refresh_token(user_id) });
        app.post_json("/api/v1/accounts/refresh/", token).await.status
    };
    assert_eq!((refresh(4).await, refresh(5).await), (401.try_into().unwrap(), 200.try_into().unwrap()));
    let found = app.get("/api/v1/theater/movies/21/").await.json();
    assert_eq!((&found["name"], &found["status"]), (&json!("Changed"), &json!("In Production")));
    assert_eq!(found["genres"][0], json!({"id": 2, "name": "Renamed"}));
    let found = app.get("/api/v1/theater/movies/22/").await.json();
    assert!(found["actors"].as_array().unwrap().contains(&json!({"id": 301, "name": "Late Actor"})));
    let found = app.get("/api/v1/theater/movies/101/").await.json();
    assert_eq!((&found["name"], &found["country"]["name"]), (&json!("Late"), &json!("French Republic")));
    for (words, id) in [("changed", 21), ("late", 101)] {
        let list = app.get(&format!("/api/v1/theater/movies/?q={words}")).await.json();
        assert_eq!(list["movies"][0]["id"], id, "{list}");
    }

    let before = everything(&app).await;
    original.adopt(&app).await;
    let after = everything(&app).await;
    assert_eq!(after, before, "a run without news changes nothing");
    let runs = "SELECT count(*) FROM events WHERE action = 'database_adopted' AND actor_id IS NULL AND client IS NULL";
    let runs: i64 = sqlx::query_scalar(runs).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(runs, 3);
}

#[tokio::test]
async fn change_made_here_outlives_the_next_run() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    let mut db = app.db().await;
    for statement in [
        "UPDATE users SET hashed_password = 'changed here' WHERE id = 1",
        "UPDATE users SET is_active = true WHERE id = 10",
        "DELETE FROM users WHERE id = 2",
        "UPDATE movies SET overview = 'changed here' WHERE id = 1",
        "DELETE FROM movies WHERE id = 2",
        "DELETE FROM user_profiles WHERE user_id = 1",
        "DELETE FROM refresh_tokens WHERE user_id = 3",
    ] {
        sqlx::query(statement).execute(&mut db).await.unwrap();
    }
    // Other parts of the same user change there.
    original
        .execute(
            "UPDATE users SET group_id = 2 WHERE id IN (1, 2, 10); UPDATE movies SET score = 1 WHERE id = 2",
        )
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(counts(&answer, "users"), [10, 0, 2, 0, 0, 0]);
    let users: Vec<(i64, String, bool, i64)> = sqlx::query_as(
        "SELECT id, hashed_password, is_active, group_id FROM users WHERE id IN (1, 2, 10) ORDER BY id",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(users, [(1, "changed here".into(), true, 2), (10, super::HASH.into(), true, 2)]);
    assert_eq!(app.get("/api/v1/theater/movies/1/").await.json()["overview"], "changed here");
    assert_eq!(app.get("/api/v1/theater/movies/2/").await.status, 404);
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM refresh_tokens WHERE user_id IN (2, 3))
              + (SELECT count(*) FROM user_profiles WHERE user_id IN (1, 2))",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn password_changed_there_ends_sessions_begun_here() {
    let app = App::start().await;
    let mut original = Original::with(20).await;
    original.adopt(&app).await;
    let tokens = login(&app, "user1@example.com", PASSWORD).await.json();
    let without_session = jwt::sign(&json!({ "user_id": 1, "exp": jwt::in_seconds(600) }), ACCESS_KEY);
    let me = async |token: &str| {
        let request = app.request(Method::GET, "/api/v1/accounts/me/");
        request.header("authorization", &format!("Bearer {token}")).send().await.status
    };
    assert_eq!(me(&without_session).await, 200);
    let change = json!({ "email": "new@example.com", "password": PASSWORD });
    let request = app.request(Method::POST, "/api/v1/accounts/email-change/request/");
    let access_token = tokens["access_token"].as_str().unwrap();
    let request = request.header("authorization", &format!("Bearer {access_token}")).body(change.to_string());
    assert_eq!(request.send().await.status, 200);
    let begun = async || -> (i64, i64) {
        let begun = "SELECT (SELECT count(*) FROM email_change_tokens), (SELECT count(*) FROM known_clients)";
        sqlx::query_as(begun).fetch_one(&mut app.db().await).await.unwrap()
    };
    assert_eq!(begun().await, (1, 1));
    original
        .execute("UPDATE users SET hashed_password = replace(hashed_password, 'Wi', 'Wj') WHERE id = 1; DELETE FROM refresh_tokens WHERE user_id = 1")
        .await;
    original.adopt(&app).await;
    assert_eq!(login(&app, "user1@example.com", PASSWORD).await.status, 401);
    for token in [tokens["refresh_token"].as_str().unwrap(), &refresh_token(1)] {
        let reply = app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await;
        assert_eq!(reply.status, 401);
    }
    for token in [tokens["access_token"].as_str().unwrap(), &without_session] {
        assert_eq!(me(token).await, 401);
    }
    assert_eq!(begun().await, (0, 0));
    assert_eq!(login(&app, "user2@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn logout_there_ends_the_session_of_a_replaced_token() {
    let app = App::builder().env("REFRESH_ROTATION", "on").start().await;
    let mut original = Original::with(30).await;
    original.adopt(&app).await;
    let refresh = async |token: &str| {
        app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await
    };
    let mut last = Vec::new();
    for user_id in 1..=3 {
        let reply = refresh(&refresh_token(user_id)).await.json();
        let reply = refresh(reply["refresh_token"].as_str().unwrap()).await.json();
        last.push(reply["refresh_token"].as_str().unwrap().to_owned());
    }
    // The session of user 2 outlives the new password there, so it does here.
    original
        .execute(
            "DELETE FROM refresh_tokens WHERE user_id = 1;
             UPDATE users SET hashed_password = replace(hashed_password, 'Wi', 'Wj') WHERE id = 2",
        )
        .await;
    assert_eq!(counts(&original.adopt(&app).await, "refresh_tokens"), [2, 0, 0, 0, 1, 0]);
    let statuses = [refresh(&last[0]).await, refresh(&last[1]).await, refresh(&last[2]).await];
    assert_eq!(statuses.map(|reply| reply.status.as_u16()), [401, 200, 200]);
    let sessions = "SELECT user_id FROM refresh_tokens ORDER BY user_id";
    let sessions: Vec<i64> = sqlx::query_scalar(sessions).fetch_all(&mut app.db().await).await.unwrap();
    assert_eq!(sessions, [2, 3], "no replaced token is stored beside its successor");
}

#[tokio::test]
async fn profile_made_anew_here_stays() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    let mut db = app.db().await;
    let make = "INSERT INTO user_profiles (user_id, info) SELECT unnest($1::bigint[]), 'made here'";
    sqlx::query(make).bind([2]).execute(&mut db).await.unwrap();
    // This one gets another id here.
    original.execute("INSERT INTO user_profiles (user_id) VALUES (4)").await;
    assert_eq!(counts(&original.adopt(&app).await, "user_profiles"), [6, 1, 0, 0, 0, 1]);
    sqlx::query("DELETE FROM user_profiles WHERE user_id IN (1, 3)").execute(&mut db).await.unwrap();
    sqlx::query(make).bind([1, 3]).execute(&mut db).await.unwrap();
    original
        .execute(
            "UPDATE user_profiles SET info = 'changed' WHERE user_id IN (1, 4, 5);
             DELETE FROM user_profiles WHERE user_id IN (3, 7)",
        )
        .await;
    let answer = original.adopt_with(&app, "remove").await.unwrap();
    assert_eq!(answer["gone"], json!([{"table": "user_profiles", "id": 4}]));
    assert_eq!(counts(&answer, "user_profiles"), [4, 0, 2, 0, 1, 0]);
    let profiles = "SELECT user_id, info FROM user_profiles WHERE user_id < 9 ORDER BY user_id";
    let profiles: Vec<(i64, String)> = sqlx::query_as(profiles).fetch_all(&mut db).await.unwrap();
    let profiles: Vec<_> = profiles.iter().map(|(id, info)| (*id, info.as_str())).collect();
    assert_eq!(
        profiles,
        [(1, "made here"), (2, "made here"), (3, "made here"), (4, "changed"), (5, "changed")]
    );
    // Its own id is free now.
    sqlx::query("DELETE FROM user_profiles WHERE user_id = 2").execute(&mut db).await.unwrap();
    original.execute("UPDATE user_profiles SET info = 'changed again' WHERE user_id = 4").await;
    assert_eq!(counts(&original.adopt(&app).await, "user_profiles")[2], 1);
    original.execute("DELETE FROM user_profiles WHERE user_id = 4").await;
    let answer = original.adopt_with(&app, "remove").await.unwrap();
    assert_eq!(answer["gone"], json!([{"table": "user_profiles", "id": 6}]));
}

#[tokio::test]
async fn row_gone_there_is_named_and_removed_on_request() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.adopt(&app).await;
    original.execute("DELETE FROM users WHERE id = 5; DELETE FROM movies WHERE id IN (7, 8)").await;
    // Another movie has the name and date of one that is gone.
    original
        .execute(
            "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
             VALUES ('Movie 7', '1990-01-08', 1, '', 'RELEASED', 1, 1, 2)",
        )
        .await;
    let answer = original.adopt(&app).await;
    let gone = json!([
        {"table": "user_profiles", "id": 3}, {"table": "users", "id": 5},
        {"table": "movies", "id": 7}, {"table": "movies", "id": 8},
    ]);
    assert_eq!(answer["gone"], gone);
    assert_eq!((counts(&answer, "users")[4], counts(&answer, "movies")[4]), (1, 2));
    assert_eq!(
        answer["rejections"],
        json!([{"table": "movies", "id": 101, "field": null, "reason": "A movie here has its name and date, with the id 7"}])
    );
    assert_eq!(login(&app, "user5@example.com", PASSWORD).await.status, 201);

    let answer = original.adopt_with(&app, "remove").await.unwrap();
    assert_eq!((&answer["gone"], &answer["rejected"]), (&gone, &json!(0)));
    assert_eq!(login(&app, "user5@example.com", PASSWORD).await.status, 401);
    assert_eq!(app.get("/api/v1/theater/movies/8/").await.status, 404);
    assert_eq!(app.get("/api/v1/theater/movies/101/").await.json()["name"], "Movie 7");
    assert_eq!(original.adopt(&app).await["gone"], json!([]));

    // An empty database is more likely the wrong one.
    let before = everything(&app).await;
    original.execute("DELETE FROM movies").await;
    let error = original.adopt_with(&app, "remove").await.unwrap_err();
    assert!(error.error_message.contains("would delete all of them"), "{error:?}");
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn hundred_rows_gone_a_table_are_listed_and_all_counted() {
    let app = App::start().await;
    let mut original = Original::with(2_200).await;
    original.adopt(&app).await;
    original.execute("DELETE FROM users WHERE id > 1; DELETE FROM movies WHERE id > 1").await;
    let answer = original.adopt(&app).await;
    for (table, gone) in [("user_profiles", 109), ("users", 219), ("movies", 2_199)] {
        assert_eq!(counts(&answer, table)[4], gone, "{table}");
        let listed = answer["gone"].as_array().unwrap().iter().filter(|row| row["table"] == table);
        assert_eq!(listed.count(), 100, "{table}");
    }
}

#[tokio::test]
async fn dry_run_reports_and_stores_nothing() {
    let app = App::start().await;
    let mut original = Original::with(100).await;
    original.execute("UPDATE movies SET score = 101 WHERE id = 3").await;
    let before = everything(&app).await;
    let answer = original.adopt_with(&app, "dry_run").await.unwrap();
    assert_eq!((&answer["dry_run"], &answer["rejected"]), (&json!(true), &json!(1)));
    assert_eq!(counts(&answer, "movies"), [100, 99, 0, 1, 0, 0]);
    assert_eq!(everything(&app).await, before);
}
