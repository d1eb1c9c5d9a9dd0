//! Rate limits on guessing passwords and tokens, and on sending mail.

use futures_util::future::join_all;
use serde_json::json;
use sqlx::query;

use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, mailed_token},
    app::Builder,
};

const WRONG: &str = "WrongPassword123!";

pub(super) fn limited() -> Builder {
    App::builder().env("RATE_LIMITS", "on")
}

pub(super) async fn login_from(app: &App, client: &str, email: &str, password: &str) -> Reply {
    post_from(app, client, "login/", json!({ "email": email, "password": password })).await
}

pub(super) async fn post_from(app: &App, client: &str, path: &str, body: serde_json::Value) -> Reply {
    let request = app.request(Method::POST, &format!("/api/v1/accounts/{path}"));
    request.source_ip(client).header("content-type", "application/json").body(body.to_string()).send().await
}

/// Changes all buckets as if this time had passed.
pub(super) async fn advance_time(app: &App, period: &str) {
    query("UPDATE attempt_buckets SET full_at = full_at - $1::text::interval")
        .bind(period)
        .execute(&mut app.db().await)
        .await
        .unwrap();
}

#[track_caller]
pub(super) fn assert_too_many(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 429);
    assert_eq!(reply.json(), json!({ "detail": "Too many attempts. Try again later." }));
    reply.header("retry-after").expect("it says when to try again").parse().expect("in seconds")
}

#[tokio::test]
async fn concurrent_guesses_stop_at_login_limit() {
    let app = limited().start().await;
    active(&app, "ann@example.com").await;
    for batch in 0..10 {
        let replies =
            join_all((0..10).map(|_| login_from(&app, "192.0.2.1", "ann@example.com", WRONG))).await;
        let checked = replies.iter().filter(|reply| reply.status == 401).count();
        assert_eq!(checked, if batch == 0 { 10 } else { 0 });
        for reply in replies.iter().filter(|reply| reply.status != 401) {
            let seconds = assert_too_many(reply);
            assert!((1..=90).contains(&seconds), "{seconds}");
        }
    }
    let right = login_from(&app, "192.0.2.1", "ann@example.com", PASSWORD).await;
    let seconds = assert_too_many(&right);
    advance_time(&app, &format!("{seconds} seconds")).await;
    assert_eq!(login_from(&app, "192.0.2.1", "ann@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn guesses_from_other_clients_do_not_lock_out_owner() {
    let app = limited().start().await;
    active(&app, "ann@example.com").await;
    for _ in 0..30 {
        login_from(&app, "192.0.2.1", "ann@example.com", WRONG).await;
    }
    assert_too_many(&login_from(&app, "192.0.2.1", "ann@example.com", WRONG).await);
    assert_eq!(login_from(&app, "192.0.2.2", "ann@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn correct_passwords_do_not_count_against_limit() {
    let app = limited().env("LOGIN_LIMIT", "2").start().await;
    active(&app, "ann@example.com").await;
    for _ in 0..5 {
        assert_eq!(login_from(&app, "192.0.2.1", "ann@example.com", PASSWORD).await.status, 201);
    }
    assert_eq!(login_from(&app, "192.0.2.1", "ann@example.com", WRONG).await.status, 401);
    assert_eq!(login_from(&app, "192.0.2.1", "ann@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn per_address_limit_applies_to_known_and_unknown_accounts() {
    let app = limited().env("LOGIN_LIMIT_PER_ADDRESS", "20").start().await;
    active(&app, "ann@example.com").await;
    for email in ["ann@example.com", "nobody@example.com"] {
        let replies = join_all((0..30).map(|place| {
            let app = &app;
            async move { login_from(app, &format!("198.51.100.{place}"), email, WRONG).await }
        }))
        .await;
        let checked = replies.iter().filter(|reply| reply.status == 401).count();
        assert_eq!(checked, 20, "{email}");
        replies.iter().filter(|reply| reply.status != 401).for_each(|reply| {
            assert_too_many(reply);
        });
    }
}

#[tokio::test]
async fn per_client_limit_applies_across_accounts() {
    let app = limited().env("LOGIN_LIMIT_PER_CLIENT", "20").start().await;
    let guess = |number: usize, client: &'static str| {
        let app = &app;
        async move { login_from(app, client, &format!("user{number}@example.com"), WRONG).await }
    };
    let replies = join_all((0..30).map(|number| guess(number, "192.0.2.1"))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 20);
    assert_eq!(guess(99, "192.0.2.2").await.status, 401);
}

#[tokio::test]
async fn client_over_its_limit_stores_nothing() {
    let app = limited().env("MAIL_LIMIT_PER_CLIENT", "1").start().await;
    for network in ["192.0.2.1", "2001:db8::1"] {
        let mut stored = Vec::new();
        for number in 0..6 {
            let body = json!({ "email": format!("user{number}@example.com") });
            let reply = post_from(&app, network, "password-reset/request/", body).await;
            assert_eq!(reply.status, if number == 0 { 200 } else { 429 });
            let buckets = "SELECT count(*) FROM attempt_buckets";
            let buckets: i64 = sqlx::query_scalar(buckets).fetch_one(&mut app.db().await).await.unwrap();
            stored.push(buckets);
        }
        assert!(stored.iter().all(|buckets| *buckets == stored[0]), "{network}: {stored:?}");
    }
}

#[tokio::test]
async fn rate_limited_attempt_consumes_no_tokens() {
    let app = limited().env("LOGIN_LIMIT", "1").env("LOGIN_LIMIT_PER_ADDRESS", "3").start().await;
    active(&app, "ann@example.com").await;
    for _ in 0..10 {
        login_from(&app, "192.0.2.1", "ann@example.com", WRONG).await;
    }
    for client in ["192.0.2.2", "192.0.2.3"] {
        assert_eq!(login_from(&app, client, "ann@example.com", WRONG).await.status, 401);
    }
    assert_too_many(&login_from(&app, "192.0.2.4", "ann@example.com", WRONG).await);
}

#[tokio::test]
async fn invalid_input_does_not_count_against_limit() {
    let app = limited().env("LOGIN_LIMIT", "1").start().await;
    for _ in 0..3 {
        assert_eq!(login_from(&app, "192.0.2.1", "no address", WRONG).await.status, 422);
    }
    assert_eq!(login_from(&app, "192.0.2.1", "ann@example.com", WRONG).await.status, 401);
}

#[tokio::test]
async fn ipv6_addresses_of_one_64_network_share_limit() {
    let app = limited().env("LOGIN_LIMIT", "1").start().await;
    assert_eq!(login_from(&app, "2001:db8:0:1::1", "ann@example.com", WRONG).await.status, 401);
    assert_too_many(&login_from(&app, "2001:db8:0:1:ffff::2", "ann@example.com", WRONG).await);
    assert_eq!(login_from(&app, "2001:db8:0:2::1", "ann@example.com", WRONG).await.status, 401);
}

#[tokio::test]
async fn ipv6_client_with_many_networks_is_limited() {
    let app = limited().env("LOGIN_LIMIT", "2").start().await;
    for (networks, checked) in [("of a /56", 4), ("of a /48", 8)] {
        let guesses = (0..24).map(|number: u16| {
            let client = match networks {
                "of a /56" => format!("2001:db8:0:1{number:02x}::1"),
                _ => format!("2001:db8:1:{number:02x}00::1"),
            };
            let app = &app;
            async move { login_from(app, &client, "ann@example.com", WRONG).await.status }
        });
        let statuses = join_all(guesses).await;
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), checked, "{networks}");
    }
}

#[tokio::test]
async fn forwarded_address_counts_only_behind_trusted_proxies() {
    let guess = async |app: &App, forwarded: &str| {
        let body = json!({ "email": "ann@example.com", "password": WRONG }).to_string();
        let request = app.request(Method::POST, "/api/v1/accounts/login/").source_ip("192.0.2.1");
        request.header("x-forwarded-for", forwarded).body(body).send().await.status.as_u16()
    };
    let app = limited().env("LOGIN_LIMIT", "1").start().await;
    assert_eq!(guess(&app, "203.0.113.1").await, 401);
    assert_eq!(guess(&app, "203.0.113.2").await, 429);

    let app = limited().env("LOGIN_LIMIT", "1").env("TRUSTED_PROXY_HOPS", "1").start().await;
    assert_eq!(guess(&app, "203.0.113.1").await, 401);
    assert_eq!(guess(&app, "203.0.113.2").await, 401);
    assert_eq!(guess(&app, "198.51.100.9, 203.0.113.2").await, 429, "the client wrote the first");
}

#[tokio::test]
async fn mail_requests_are_limited_per_action() {
    let app = limited().env("MAIL_LIMIT", "2").start().await;
    for (path, body) in [
        ("register/", json!({ "email": "new@example.com", "password": PASSWORD })),
        ("activate/resend/", json!({ "email": "new@example.com" })),
        ("password-reset/request/", json!({ "email": "nobody@example.com" })),
    ] {
        for _ in 0..2 {
            assert!(post_from(&app, "192.0.2.1", path, body.clone()).await.status != 429, "{path}");
        }
        assert_too_many(&post_from(&app, "192.0.2.1", path, body).await);
    }
}

#[tokio::test]
async fn completed_reset_clears_failed_logins() {
    let app = limited().env("LOGIN_LIMIT", "1").env("LOGIN_LIMIT_PER_ADDRESS", "1").start().await;
    active(&app, "ann@example.com").await;
    login_from(&app, "192.0.2.1", "ann@example.com", WRONG).await;
    assert_too_many(&login_from(&app, "192.0.2.1", "ann@example.com", PASSWORD).await);

    post_from(&app, "192.0.2.1", "password-reset/request/", json!({ "email": "ann@example.com" })).await;
    let token = mailed_token(&mut app.db().await, "ann@example.com").await;
    let body = json!({ "email": "ann@example.com", "token": token, "password": PASSWORD });
    assert_eq!(post_from(&app, "192.0.2.1", "reset-password/complete/", body).await.status, 200);
    assert_eq!(login_from(&app, "192.0.2.1", "ann@example.com", PASSWORD).await.status, 201);
}
