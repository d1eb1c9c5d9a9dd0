//! Passwords, sessions and mailed links of the original remain valid.

use serde_json::json;

use super::{Original, counts, everything, refresh_token};
use crate::support::{
    App,
    accounts::{PASSWORD, login, register},
};

const ACCOUNTS: &str = "/api/v1/accounts";

/// The token of an activation (`a`, `b`) or a reset (`c`, `d`) of the original.
async fn mailed(original: &mut Original, one: &str, two: &str, user_id: i64) -> String {
    sqlx::query_scalar("SELECT md5($1 || $3::text) || md5($2 || $3::text)")
        .bind(one)
        .bind(two)
        .bind(user_id)
        .fetch_one(&mut original.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn database_of_the_original_comes_along() {
    let app = App::start().await;
    let mut original = Original::with(10_000).await;
    let answer = original.adopt(&app).await;
    assert_eq!((&answer["rejected"], &answer["rejections"]), (&json!(0), &json!([])), "{answer}");
    assert_eq!((&answer["dry_run"], &answer["gone"]), (&json!(false), &json!([])), "{answer}");
    for (table, rows) in [
        ("users", 1_000),
        ("user_profiles", 500),
        ("activation_tokens", 100),
        ("password_reset_tokens", 100),
        ("refresh_tokens", 1_000),
        ("countries", 3),
        ("genres", 20),
        ("actors", 30_000),
        ("languages", 2),
        ("movies", 10_000),
    ] {
        assert_eq!(counts(&answer, table), [rows, rows, 0, 0, 0, 0], "{table}");
    }

    // A user logs in with the password of the original, whose hash is replaced, and again.
    for _ in 0..2 {
        let reply = login(&app, "user2@example.com", PASSWORD).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let access_token = reply.json()["access_token"].as_str().unwrap().to_owned();
        let me = app.request(axum::http::Method::GET, &format!("{ACCOUNTS}/me/"));
        let me = me.header("authorization", &format!("Bearer {access_token}")).send().await.json();
        assert_eq!(
            (&me["id"], &me["group"], &me["is_active"]),
            (&json!(2), &json!("moderator"), &json!(true))
        );
        assert_eq!(me["created_at"], "2024-01-02T03:04:05.000000Z");
    }

    // A session continues.
    let refresh = async |user_id| {
        let token = json!({ "refresh_token": refresh_token(user_id) });
        app.post_json(&format!("{ACCOUNTS}/refresh/"), token).await
    };
    let reply = refresh(5).await;
    assert_eq!(reply.status, 200, "{}", reply.text());

    // A mailed activation still works.
    assert_eq!(login(&app, "user10@example.com", PASSWORD).await.status, 403);
    let token = mailed(&mut original, "a", "b", 10).await;
    let activation = json!({ "email": "User10@Example.com", "token": token });
    let reply = app.post_json(&format!("{ACCOUNTS}/activate/"), activation).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(login(&app, "user10@example.com", PASSWORD).await.status, 201);

    // A mailed reset still works, and ends the sessions.
    let token = mailed(&mut original, "c", "d", 11).await;
    let reset = json!({ "email": "user11@example.com", "password": "AnotherPassword456#", "token": token });
    let reply = app.post_json(&format!("{ACCOUNTS}/reset-password/complete/"), reset).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(login(&app, "user11@example.com", "AnotherPassword456#").await.status, 201);
    assert_eq!(refresh(11).await.status, 401);

    assert_eq!(register(&app, "new@example.com").await, 1_001);

    // What has changed here alone stays as it is.
    let before = everything(&app).await;
    let answer = original.adopt(&app).await;
    for table in ["users", "activation_tokens", "refresh_tokens", "actors", "movies"] {
        assert_eq!(counts(&answer, table)[1..], [0; 5], "{table}");
    }
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn tokens_are_stored_as_digests_and_only_unexpired() {
    let app = App::start().await;
    let mut original = Original::with(20).await;
    original
        .execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE user_id = 1")
        .await;
    let answer = original.adopt(&app).await;
    assert_eq!(counts(&answer, "refresh_tokens"), [1, 1, 0, 0, 0, 0]);
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT token_hash FROM refresh_tokens")
        .fetch_all(&mut app.db().await)
        .await
        .unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, refresh_token(2).as_bytes());
    assert_eq!(stored, [digest.as_ref()]);
    let plain = everything(&app).await;
    assert!(!plain.contains(&refresh_token(2)));
}

#[tokio::test]
async fn profile_keeps_its_values() {
    let app = App::start().await;
    let mut original = Original::with(30).await;
    original
        .execute("UPDATE user_profiles SET first_name = NULL, gender = NULL, date_of_birth = NULL, info = NULL WHERE user_id = 3")
        .await;
    original.adopt(&app).await;
    let profiles: Vec<String> =
        sqlx::query_scalar("SELECT to_json(user_profiles)::text FROM user_profiles ORDER BY id")
            .fetch_all(&mut app.db().await)
            .await
            .unwrap();
    let profiles: Vec<serde_json::Value> =
        profiles.iter().map(|profile| serde_json::from_str(profile).unwrap()).collect();
    for (profile, expected) in profiles.iter().zip([
        json!({"id": 1, "user_id": 1, "first_name": "ann", "last_name": "lee", "avatar": "avatars/1_avatar.jpg",
            "gender": "woman", "date_of_birth": "1990-05-06", "info": "About user 1"}),
        json!({"id": 2, "user_id": 3, "first_name": null, "last_name": "lee", "avatar": "avatars/3_avatar.jpg",
            "gender": null, "date_of_birth": null, "info": null}),
    ]) {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(profile[name], *value, "{name}");
        }
    }
    assert_eq!(profiles.len(), 2);
}
