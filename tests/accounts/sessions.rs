//! Sessions: how they end, and the endpoints that list and end them.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use super::signed_in::SignedIn;
use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, login, mailed_token},
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

const PATH: &str = "/api/v1/accounts/sessions/";
const ME: &str = "/api/v1/accounts/me/";
const EMAIL: &str = "ann@example.com";

async fn ann() -> App {
    let app = App::start().await;
    active(&app, EMAIL).await;
    app
}

async fn sessions(app: &App, signed: &SignedIn) -> Vec<Value> {
    let reply = signed.send(app, Method::GET, PATH).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["sessions"].as_array().unwrap().clone()
}

#[track_caller]
fn assert_invalid(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.json()), (401, json!({ "detail": "Invalid token." })));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn access_tokens_name_session_and_time_of_issue() {
    let app = ann().await;
    let tokens = login(&app, EMAIL, PASSWORD).await.json();
    let (_, claims) = jwt::parts(tokens["access_token"].as_str().unwrap());
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let refreshed = app.post_json("/api/v1/accounts/refresh/", refresh).await.json();
    let (_, refreshed) = jwt::parts(refreshed["access_token"].as_str().unwrap());
    let id: i64 = query_scalar("SELECT id FROM refresh_tokens").fetch_one(&mut app.db().await).await.unwrap();
    for claims in [claims, refreshed] {
        assert_eq!(claims["sid"], id);
        let age = jwt::in_seconds(0) - claims["iat"].as_i64().unwrap();
        assert!((0..30).contains(&age), "{age}");
    }
}

#[tokio::test]
async fn logout_ends_access_of_its_session_at_once() {
    let app = ann().await;
    let (first, second) = (SignedIn::to(&app, EMAIL).await, SignedIn::to(&app, EMAIL).await);
    let body = json!({ "refresh_token": first.refresh_token });
    assert_eq!(app.post_json("/api/v1/accounts/logout/", body).await.status, 204);
    assert_invalid(&first.send(&app, Method::GET, ME).await);
    assert_eq!(second.statuses(&app).await, (200, 200));
}

#[tokio::test]
async fn password_reset_ends_access_at_once() {
    let app = ann().await;
    let signed = SignedIn::to(&app, EMAIL).await;
    let old = jwt::sign(&json!({ "user_id": 1, "exp": jwt::in_seconds(600) }), ACCESS_KEY);
    let old = SignedIn { authorization: format!("Bearer {old}"), refresh_token: Value::Null };
    assert_eq!(old.send(&app, Method::GET, ME).await.status, 200);

    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": EMAIL })).await;
    let token = mailed_token(&mut app.db().await, EMAIL).await;
    let body = json!({ "email": EMAIL, "token": token, "password": "AnotherPassword456#" });
    assert_eq!(app.post_json("/api/v1/accounts/reset-password/complete/", body).await.status, 200);
    assert_eq!(signed.statuses(&app).await, (401, 401));
    assert_invalid(&old.send(&app, Method::GET, ME).await);
}

#[tokio::test]
async fn token_without_session_is_judged_by_its_time_of_issue() {
    let app = ann().await;
    let me = async |more: Value| {
        let mut claims = json!({ "user_id": 1, "exp": jwt::in_seconds(600) });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let token = format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY));
        app.request(Method::GET, ME).header("authorization", &token).send().await
    };
    for claims in [json!({}), json!({ "iat": 1 }), json!({ "iat": "x" })] {
        assert_eq!(me(claims.clone()).await.status, 200, "{claims}");
    }
    let moment = jwt::in_seconds(-100);
    let set = query("UPDATE users SET tokens_valid_from = to_timestamp($1)").bind(moment as f64);
    set.execute(&mut app.db().await).await.unwrap();
    for claims in [json!({}), json!({ "iat": moment - 1 }), json!({ "iat": "x" }), json!({ "iat": -1e300 })] {
        assert_invalid(&me(claims).await);
    }
    for iat in [json!(moment), json!(moment + 50), json!(1e300)] {
        assert_eq!(me(json!({ "iat": iat })).await.status, 200, "{iat}");
    }
    for sid in [json!(0), json!(-1), json!(1), json!("1"), json!(null), json!(1e300), json!(i64::MAX)] {
        assert_invalid(&me(json!({ "sid": sid, "iat": jwt::in_seconds(0) })).await);
    }
}

#[tokio::test]
async fn session_of_another_user_is_rejected() {
    let app = ann().await;
    let id = active(&app, "bob@example.com").await;
    SignedIn::to(&app, EMAIL).await;
    let token = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(60), "sid": 1 }), ACCESS_KEY);
    let request = app.request(Method::GET, ME).header("authorization", &format!("Bearer {token}"));
    assert_invalid(&request.send().await);
}

#[tokio::test]
async fn access_ends_with_an_expired_session() {
    let app = ann().await;
    let signed = SignedIn::to(&app, EMAIL).await;
    let other = SignedIn::to(&app, EMAIL).await;
    let expire = query("UPDATE refresh_tokens SET expires_at = now() WHERE id = 1");
    expire.execute(&mut app.db().await).await.unwrap();
    assert_invalid(&signed.send(&app, Method::GET, ME).await);
    assert_eq!(sessions(&app, &other).await.len(), 1);
    assert_eq!(other.send(&app, Method::DELETE, &format!("{PATH}1/")).await.status, 404);
}

#[tokio::test]
async fn moderator_writes_no_movie_after_the_session_ends() {
    let app = ann().await;
    let grant = json!({ "command": "grant", "email": EMAIL, "group": "moderator" });
    app.invoke("Manage", grant).await.unwrap();
    let signed = SignedIn::to(&app, EMAIL).await;
    let movie = "/api/v1/theater/movies/1/";
    assert_eq!(signed.send(&app, Method::DELETE, movie).await.status, 404);
    assert_eq!(signed.send(&app, Method::DELETE, &format!("{PATH}1/")).await.status, 204);
    assert_invalid(&signed.send(&app, Method::DELETE, movie).await);
}

#[tokio::test]
async fn list_shows_newest_session_first_and_which_is_current() {
    let app = ann().await;
    active(&app, "bob@example.com").await;
    SignedIn::to(&app, "bob@example.com").await;
    let long = "é".repeat(300);
    for agent in ["", "curl/8.5.0", &long] {
        let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
        let request = app.request(Method::POST, "/api/v1/accounts/login/").body(body);
        let request = if agent.is_empty() { request } else { request.header("user-agent", agent) };
        assert_eq!(request.send().await.status, 201);
    }
    let signed = SignedIn::to(&app, EMAIL).await;
    let listed = sessions(&app, &signed).await;
    let facts: Vec<_> = listed
        .iter()
        .map(|one| (one["id"].as_i64().unwrap(), one["client"].as_str(), one["is_current"] == true))
        .collect();
    let cut = &"é".repeat(255)[..];
    assert_eq!(
        facts,
        [(5, None, true), (4, Some(cut), false), (3, Some("curl/8.5.0"), false), (2, None, false)]
    );
    let time =
        |name: &str| listed[0][name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let lifetime = (time("expires_at") - time("created_at")).num_minutes();
    assert!((7 * 24 * 60 - 1..=7 * 24 * 60).contains(&lifetime), "{lifetime}");

    // Without a session in the token none is current.
    let token = jwt::sign(&json!({ "user_id": 1, "exp": jwt::in_seconds(60) }), ACCESS_KEY);
    let plain = SignedIn { authorization: format!("Bearer {token}"), refresh_token: Value::Null };
    assert!(sessions(&app, &plain).await.iter().all(|one| one["is_current"] == false));
}

#[tokio::test]
async fn ended_session_is_over_and_others_are_not() {
    let app = ann().await;
    let (first, second) = (SignedIn::to(&app, EMAIL).await, SignedIn::to(&app, EMAIL).await);
    let path = format!("{PATH}1/");
    let reply = second.send(&app, Method::DELETE, &path).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (204, String::new()));
    assert_eq!(first.statuses(&app).await, (401, 401));
    assert_eq!(second.statuses(&app).await, (200, 200));
    let missing = json!({ "detail": "Session not found." });
    let again = second.send(&app, Method::DELETE, &path).await;
    assert_eq!((again.status.as_u16(), again.json()), (404, missing));
}

#[tokio::test]
async fn only_own_sessions_can_be_ended() {
    let app = ann().await;
    active(&app, "bob@example.com").await;
    let (ann, bob) = (SignedIn::to(&app, EMAIL).await, SignedIn::to(&app, "bob@example.com").await);
    for id in ["1", "0", "-1", "999", "99999999999999999999"] {
        assert_eq!(bob.send(&app, Method::DELETE, &format!("{PATH}{id}/")).await.status, 404, "{id}");
    }
    assert_eq!(bob.send(&app, Method::DELETE, &format!("{PATH}x/")).await.status, 422);
    assert_eq!(app.request(Method::DELETE, &format!("{PATH}x/")).send().await.status, 401);
    assert_eq!(app.request(Method::DELETE, PATH).send().await.status, 401);
    assert_eq!(app.get(PATH).await.status, 401);
    assert_eq!(ann.statuses(&app).await, (200, 200));
}

#[tokio::test]
async fn other_sessions_end_and_the_current_one_does_not() {
    let app = ann().await;
    active(&app, "bob@example.com").await;
    let bob = SignedIn::to(&app, "bob@example.com").await;
    let (first, second) = (SignedIn::to(&app, EMAIL).await, SignedIn::to(&app, EMAIL).await);
    assert_eq!(second.send(&app, Method::DELETE, PATH).await.status, 204);
    assert_eq!(first.statuses(&app).await, (401, 401));
    assert_eq!(second.statuses(&app).await, (200, 200));
    assert_eq!(bob.statuses(&app).await, (200, 200));

    // A token without a session ends all of them, and itself.
    let claims = json!({ "user_id": 1, "exp": jwt::in_seconds(60), "iat": jwt::in_seconds(0) + 1 });
    let plain = SignedIn {
        authorization: format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY)),
        refresh_token: Value::Null,
    };
    assert_eq!(plain.send(&app, Method::DELETE, PATH).await.status, 204);
    assert_eq!(second.statuses(&app).await, (401, 401));
}

#[tokio::test]
async fn hundred_and_first_login_ends_the_oldest_session() {
    let app = ann().await;
    let oldest = SignedIn::to(&app, EMAIL).await;
    let mut db = app.db().await;
    query(
        "INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
         SELECT sha256(number::text::bytea), now() + interval '1 day', 1 FROM generate_series(1, 98) AS number",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let hundredth = SignedIn::to(&app, EMAIL).await;
    assert_eq!(oldest.statuses(&app).await, (200, 200));
    join_all((0..4).map(|_| login(&app, EMAIL, PASSWORD))).await;
    assert_eq!(oldest.statuses(&app).await, (401, 401));
    assert_eq!(hundredth.statuses(&app).await, (200, 200));
    assert_eq!(sessions(&app, &hundredth).await.len(), 100);
    let stored: i64 = query_scalar("SELECT count(*) FROM refresh_tokens").fetch_one(&mut db).await.unwrap();
    assert_eq!(stored, 100);
}

#[tokio::test]
async fn last_use_is_stored_at_most_once_a_minute() {
    let app = ann().await;
    let signed = SignedIn::to(&app, EMAIL).await;
    let mut db = app.db().await;
    let row = "SELECT xmin::text || ' ' || last_used_at FROM refresh_tokens";
    for use_it in [Method::GET, Method::POST] {
        let age = "UPDATE refresh_tokens SET last_used_at = now() - interval '61 seconds'";
        query(age).execute(&mut db).await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..3 {
            if use_it == Method::GET {
                assert_eq!(signed.send(&app, Method::GET, ME).await.status, 200);
            } else {
                let body = json!({ "refresh_token": signed.refresh_token });
                assert_eq!(app.post_json("/api/v1/accounts/refresh/", body).await.status, 200);
            }
            seen.push(query_scalar::<_, String>(row).fetch_one(&mut db).await.unwrap());
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
        let is_new = "SELECT last_used_at > now() - interval '50 seconds' FROM refresh_tokens";
        assert!(query_scalar::<_, bool>(is_new).fetch_one(&mut db).await.unwrap());
    }
}

#[tokio::test]
async fn disabled_account_is_refused_after_the_right_password() {
    let app = ann().await;
    let signed = SignedIn::to(&app, EMAIL).await;
    let mut db = app.db().await;
    query("UPDATE users SET disabled_at = now()").execute(&mut db).await.unwrap();
    let disabled = json!({ "detail": "User account is disabled." });
    for is_active in [true, false] {
        query("UPDATE users SET is_active = $1").bind(is_active).execute(&mut db).await.unwrap();
        let reply = login(&app, EMAIL, PASSWORD).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (403, disabled.clone()));
        assert_eq!(login(&app, EMAIL, "WrongPassword123!").await.status, 401);
        let body = json!({ "refresh_token": signed.refresh_token });
        let reply = app.post_json("/api/v1/accounts/refresh/", body).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (403, disabled.clone()));
    }
    for path in [ME, PATH] {
        let reply = signed.send(&app, Method::GET, path).await;
        let detail = json!({ "detail": "You do not have permission to perform this action." });
        assert_eq!((reply.status.as_u16(), reply.json()), (403, detail));
    }
}

#[tokio::test]
async fn inactive_user_may_not_list_or_end_sessions() {
    let app = ann().await;
    let signed = SignedIn::to(&app, EMAIL).await;
    query("UPDATE users SET is_active = false").execute(&mut app.db().await).await.unwrap();
    assert_eq!(signed.send(&app, Method::GET, PATH).await.status, 403);
    assert_eq!(signed.send(&app, Method::DELETE, PATH).await.status, 403);
    assert_eq!(signed.send(&app, Method::DELETE, &format!("{PATH}1/")).await.status, 403);
    assert_eq!(signed.send(&app, Method::GET, ME).await.status, 200);
}

#[tokio::test]
async fn no_session_outlives_its_end_beside_logins_at_once() {
    let app = ann().await;
    for _ in 0..3 {
        let signed = SignedIn::to(&app, EMAIL).await;
        let logins = join_all((0..3).map(|_| login(&app, EMAIL, PASSWORD)));
        let (ended, logins) = futures_util::join!(signed.send(&app, Method::DELETE, PATH), logins);
        assert_eq!(ended.status, 204);
        assert!(logins.iter().all(|reply| reply.status == 201));
        // Those that came first have ended, those that came later are listed, and all of them work or do not.
        let listed = sessions(&app, &signed).await.len();
        let mut working = 1;
        for reply in logins {
            let tokens = reply.json();
            let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
            let statuses = SignedIn { authorization, refresh_token: tokens["refresh_token"].clone() }
                .statuses(&app)
                .await;
            assert!([(200, 200), (401, 401)].contains(&statuses), "{statuses:?}");
            working += usize::from(statuses == (200, 200));
        }
        assert_eq!(listed, working);
    }
}

#[tokio::test]
async fn refresh_tokens_open_no_endpoint_of_sessions() {
    let app = ann().await;
    let token = jwt::sign(&json!({ "user_id": 1, "exp": jwt::in_seconds(60), "sid": 1 }), REFRESH_KEY);
    let request = app.request(Method::GET, PATH).header("authorization", &format!("Bearer {token}"));
    assert_invalid(&request.send().await);
}
