//! `POST accounts/logout/`.

use serde_json::json;

use crate::support::{
    App,
    accounts::{PASSWORD, active, login},
    app::REFRESH_KEY,
    jwt,
};

#[tokio::test]
async fn logout_ends_only_its_session() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    let first = login(&app, "ann@example.com", PASSWORD).await.json()["refresh_token"].clone();
    let second = login(&app, "ann@example.com", PASSWORD).await.json()["refresh_token"].clone();

    for _ in 0..2 {
        let reply = app.post_json("/api/v1/accounts/logout/", json!({ "refresh_token": first })).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (204, String::new()));
        assert_eq!(reply.header("content-type"), None);
    }
    let refresh = |token| app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token }));
    assert_eq!(refresh(first).await.status, 401);
    assert_eq!(refresh(second).await.status, 200);
}

#[tokio::test]
async fn logout_with_expired_token_gets_400() {
    let app = App::start().await;
    let token = jwt::sign(&json!({ "user_id": 1, "exp": jwt::in_seconds(-1) }), REFRESH_KEY);
    let reply = app.post_json("/api/v1/accounts/logout/", json!({ "refresh_token": token })).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (400, json!({ "detail": "Token has expired." })));
}
