//! A user who is signed in, as the tests of what only such a user may do need one.

use serde_json::{Value, json};

use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, login},
};

/// The tokens of a session.
pub struct SignedIn {
    /// The value of the header `Authorization`.
    pub authorization: String,
    pub refresh_token: Value,
}

impl SignedIn {
    pub async fn to(app: &App, email: &str) -> Self {
        let tokens = login(app, email, PASSWORD).await.json();
        let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        Self { authorization, refresh_token: tokens["refresh_token"].clone() }
    }

    pub async fn send(&self, app: &App, method: Method, path: &str) -> Reply {
        app.request(method, path).header("authorization", &self.authorization).send().await
    }

    pub async fn post(&self, app: &App, path: &str, body: Value) -> Reply {
        self.post_from(app, "192.0.2.1", path, body).await
    }

    pub async fn post_from(&self, app: &App, client: &str, path: &str, body: Value) -> Reply {
        let request = app.request(Method::POST, &format!("/api/v1/accounts/{path}")).source_ip(client);
        let request = request.header("authorization", &self.authorization);
        request.header("content-type", "application/json").body(body.to_string()).send().await
    }

    /// The status of `me/` with the access token and of `refresh/` with the refresh token.
    pub async fn statuses(&self, app: &App) -> (u16, u16) {
        let refresh = json!({ "refresh_token": self.refresh_token });
        let refresh = app.post_json("/api/v1/accounts/refresh/", refresh).await;
        let me = self.send(app, Method::GET, "/api/v1/accounts/me/").await;
        (me.status.as_u16(), refresh.status.as_u16())
    }
}
