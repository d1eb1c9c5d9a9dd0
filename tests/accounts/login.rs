//! `POST accounts/login/`.

use futures_util::future::join_all;
use serde_json::json;
use sqlx::{query, query_scalar};

use crate::support::{
    App,
    accounts::{PASSWORD, active, login, register},
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

/// `hashpw(b"StrongPassword123!", gensalt(4))` of Python's bcrypt.
const BCRYPT: &str = "$2b$04$jyosDArHFctvi/Ng.epPQ.623uo2ByZZ17jtsD/bO.ttmdCGoHdWi";

#[tokio::test]
async fn correct_password_starts_session() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let reply = login(&app, "ANN@example.com", PASSWORD).await;
    assert_eq!(reply.status, 201);
    let body = reply.json();
    let mut keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["access_token", "refresh_token", "token_type"]);
    assert_eq!(body["token_type"], "bearer");

    for (token, key, seconds) in [
        (&body["access_token"], ACCESS_KEY, 10 * 60),
        (&body["refresh_token"], REFRESH_KEY, 7 * 24 * 60 * 60),
    ] {
        let token = token.as_str().unwrap();
        let (header, claims) = jwt::parts(token);
        assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("HS256")));
        assert_eq!(claims["user_id"], id);
        let left = claims["exp"].as_i64().unwrap() - jwt::in_seconds(0);
        assert!((seconds - 30..=seconds).contains(&left), "{left}");
        let message = token.rsplit_once('.').unwrap().0;
        let resigned = jwt::sign_with(ring::hmac::HMAC_SHA256, &header, &claims, key);
        assert!(resigned.starts_with(message) && resigned == token, "each kind has its own key");
    }
    let stored: bool = query_scalar(
        "SELECT token_hash = sha256(convert_to($1, 'UTF8')) AND expires_at > now() + '6 days' FROM refresh_tokens",
    )
    .bind(body["refresh_token"].as_str().unwrap())
    .fetch_one(&mut app.db().await)
    .await
    .unwrap();
    assert!(stored, "the refresh token's hash is stored");
}

#[tokio::test]
async fn wrong_password_and_unknown_address_get_same_401() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    for (email, password) in [
        ("ann@example.com", "WrongPassword123!"),
        ("ann@example.com", "strongpassword123!"),
        ("ann@example.com", "StrongPassword123!\0"),
        ("ann@example.com", ""),
        ("nobody@example.com", PASSWORD),
    ] {
        let reply = login(&app, email, password).await;
        assert_eq!(reply.status, 401, "{email} {password:?}");
        assert_eq!(reply.json(), json!({ "detail": "Invalid email or password." }));
        assert_eq!(reply.header("www-authenticate"), None);
    }
}

#[tokio::test]
async fn inactive_account_gets_403_only_with_correct_password() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    let reply = login(&app, "ann@example.com", PASSWORD).await;
    assert_eq!(reply.status, 403);
    assert_eq!(reply.json(), json!({ "detail": "User account is not activated." }));
    assert_eq!(login(&app, "ann@example.com", "WrongPassword123!").await.status, 401);
    let sessions: i64 =
        query_scalar("SELECT count(*) FROM refresh_tokens").fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn concurrent_logins_all_succeed_with_own_sessions() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    let replies = join_all((0..6).map(|_| login(&app, "ann@example.com", PASSWORD))).await;
    let mut tokens: Vec<String> =
        replies.iter().map(|reply| reply.json()["refresh_token"].as_str().unwrap().to_owned()).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 6);
}

#[tokio::test]
async fn bcrypt_hash_is_accepted_and_replaced_by_concurrent_logins() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    let mut db = app.db().await;
    query("UPDATE users SET hashed_password = $1").bind(BCRYPT).execute(&mut db).await.unwrap();
    assert_eq!(login(&app, "ann@example.com", "WrongPassword123!").await.status, 401);

    let replies = join_all((0..4).map(|_| login(&app, "ann@example.com", PASSWORD))).await;
    assert!(replies.iter().all(|reply| reply.status == 201));
    let stored: String = query_scalar("SELECT hashed_password FROM users").fetch_one(&mut db).await.unwrap();
    assert!(stored.starts_with("$argon2id$"), "{stored}");
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn weak_argon2_hash_is_replaced_and_current_hash_kept() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    let mut db = app.db().await;
    let current: String = query_scalar("SELECT hashed_password FROM users").fetch_one(&mut db).await.unwrap();
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);
    let kept: String = query_scalar("SELECT hashed_password FROM users").fetch_one(&mut db).await.unwrap();
    assert_eq!(kept, current);

    // argon2-cffi: PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("StrongPassword123!")
    let weak =
        "$argon2id$v=19$m=1024,t=1,p=1$O1EM5kTlxfud7prJO3cxkQ$boT8+BfAt/XnstkQ4JcAb9ESsaojyVDSyRCw5vx6+Dw";
    query("UPDATE users SET hashed_password = $1").bind(weak).execute(&mut db).await.unwrap();
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);
    let stored: String = query_scalar("SELECT hashed_password FROM users").fetch_one(&mut db).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

#[tokio::test]
async fn unreadable_stored_hash_matches_nothing_and_is_logged() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    for broken in [
        "plain text",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$2b$12$short",
        "$argon2id$v=19$m=4000000000,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        query("UPDATE users SET hashed_password = $1")
            .bind(broken)
            .execute(&mut app.db().await)
            .await
            .unwrap();
        assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 401, "{broken}");
    }
    let complaints = app.logs("Login").matches("a stored password hash cannot be read").count();
    assert_eq!(complaints, 4);
    assert!(!app.logs("Login").contains("plain text"));
}

#[tokio::test]
async fn long_password_compares_every_character() {
    let app = App::start().await;
    let long = format!("Aa1@{}", "x".repeat(200));
    let body = json!({ "email": "ann@example.com", "password": long });
    assert_eq!(app.post_json("/api/v1/accounts/register/", body).await.status, 201);
    assert_eq!(login(&app, "ann@example.com", &long).await.status, 403);
    assert_eq!(login(&app, "ann@example.com", &long[..203]).await.status, 401);
}

/// If each hash allocated its own buffer, the allocator would keep one more with each of the first logins.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn repeated_logins_reuse_hashing_memory() {
    const BUFFER_KIB: u64 = 19 * 1024;
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);
    let after_one = app.peak_memory("Login");
    for _ in 0..8 {
        assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);
    }
    assert_eq!(app.environments("Login"), 1);
    let after_nine = app.peak_memory("Login");
    assert!(after_nine < after_one + BUFFER_KIB / 2, "{after_one} KiB, then {after_nine} KiB");
}
