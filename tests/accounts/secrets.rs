//! Keys and passwords from Secrets Manager, which moto emulates.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, query};

use crate::support::{
    App, Method,
    accounts::{PASSWORD, active, login},
    app::{ACCESS_KEY, Builder, REFRESH_KEY},
    aws::{Aws, SECRET_ACCESS_KEY},
    jwt, poll,
};

const NEW_ACCESS_KEY: &str = "another key for access tokens, after the rotation";
const NEW_REFRESH_KEY: &str = "another key for refresh tokens, after the rotation";

fn key(key: &str) -> String {
    json!({ "key": key }).to_string()
}

/// Returns the content of a secret with both keys, as in earlier releases.
fn both(access_key: &str, refresh_key: &str) -> String {
    json!({ "access_key": access_key, "refresh_key": refresh_key }).to_string()
}

fn replace(aws: &Aws, arn: &str, value: &str) {
    aws.secrets_manager("PutSecretValue", &json!({ "SecretId": arn, "SecretString": value }));
}

/// The secrets with the keys of access and refresh tokens.
struct KeySecrets {
    access: String,
    refresh: String,
}

impl KeySecrets {
    fn create(aws: &Aws) -> Self {
        Self {
            access: aws.create_secret("access", &key(ACCESS_KEY)),
            refresh: aws.create_secret("refresh", &key(REFRESH_KEY)),
        }
    }

    fn replace(&self, aws: &Aws, access_key: &str, refresh_key: &str) {
        replace(aws, &self.access, &key(access_key));
        replace(aws, &self.refresh, &key(refresh_key));
    }

    /// Configures an app that reads its keys only from the secrets.
    fn app(&self, aws: &Aws) -> Builder {
        aws.used_by(App::builder())
            .env("SECRET_KEY_ACCESS", "")
            .env("SECRET_KEY_REFRESH", "")
            .env("JWT_ACCESS_SECRET_ARN", &self.access)
            .env("JWT_REFRESH_SECRET_ARN", &self.refresh)
    }
}

async fn refresh(app: &App, token: &Value) -> u16 {
    let reply = app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await;
    reply.status.as_u16()
}

#[tokio::test]
async fn tokens_stay_valid_after_key_rotation() {
    let aws = Aws::shared();
    let secrets = KeySecrets::create(&aws);
    let app = secrets.app(&aws).start().await;
    active(&app, "ann@example.com").await;
    let before = login(&app, "ann@example.com", PASSWORD).await.json();
    let (header, _) = jwt::parts(before["refresh_token"].as_str().unwrap());
    assert!(header["kid"].as_str().is_some_and(|id| !id.is_empty()), "{header}");
    assert_eq!(refresh(&app, &before["refresh_token"]).await, 200);

    secrets.replace(&aws, NEW_ACCESS_KEY, NEW_REFRESH_KEY);
    assert_eq!(refresh(&app, &before["refresh_token"]).await, 200);

    // A function that starts now signs with the new key, and the others fetch it for its tokens.
    let fresh = secrets.app(&aws).env("DATABASE_URL", &app.database().url()).start().await;
    let after = login(&fresh, "ann@example.com", PASSWORD).await.json();
    let (new_header, _) = jwt::parts(after["refresh_token"].as_str().unwrap());
    assert_ne!(new_header["kid"], header["kid"]);
    assert_eq!(refresh(&fresh, &before["refresh_token"]).await, 200, "the previous key is still valid");
    assert_eq!(refresh(&fresh, &after["refresh_token"]).await, 200);

    // The second rotation retires the first key.
    secrets.replace(&aws, "a third key for access tokens, for tests", "a third key for refresh tokens, too");
    let last = secrets.app(&aws).env("DATABASE_URL", &app.database().url()).start().await;
    assert_eq!(refresh(&last, &before["refresh_token"]).await, 400);
    assert_eq!(refresh(&last, &after["refresh_token"]).await, 200);
    assert!(!app.logs("Login").contains(SECRET_ACCESS_KEY) && !app.logs("Login").contains(ACCESS_KEY));
}

#[tokio::test]
async fn sessions_survive_move_from_one_secret_to_two() {
    let aws = Aws::shared();
    let one = aws.create_secret("jwt", &both(ACCESS_KEY, REFRESH_KEY));
    let app = KeySecrets { access: one.clone(), refresh: one }.app(&aws).start().await;
    active(&app, "ann@example.com").await;
    let before = login(&app, "ann@example.com", PASSWORD).await.json();
    assert_eq!(refresh(&app, &before["refresh_token"]).await, 200);
    let swapped = refresh(&app, &before["access_token"]).await;
    assert_eq!(swapped, 400, "an access token is signed with the other key of the secret");

    let two = KeySecrets::create(&aws).app(&aws).env("DATABASE_URL", &app.database().url()).start().await;
    assert_eq!(refresh(&two, &before["refresh_token"]).await, 200);
    let bearer = format!("Bearer {}", before["access_token"].as_str().unwrap());
    let request = two.request(Method::GET, "/api/v1/accounts/me/").header("authorization", &bearer);
    assert_eq!(request.send().await.status, 200);
}

#[tokio::test]
async fn unknown_key_id_is_fetched_once_keys_are_ten_seconds_old() {
    let aws = Aws::shared();
    let secrets = KeySecrets::create(&aws);
    let app = secrets.app(&aws).start().await;
    let id = active(&app, "ann@example.com").await;
    let me = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let request = app.request(Method::GET, "/api/v1/accounts/me/").header("authorization", &bearer);
        request.send().await.status.as_u16()
    };
    let began = std::time::Instant::now();
    assert_eq!(me("none").await, 401);
    secrets.replace(&aws, NEW_ACCESS_KEY, NEW_REFRESH_KEY);
    let claims = json!({ "user_id": id, "exp": jwt::in_seconds(600) });
    let header = json!({ "typ": "JWT", "alg": "HS256", "kid": "the new version" });
    let token = jwt::sign_with(ring::hmac::HMAC_SHA256, &header, &claims, NEW_ACCESS_KEY);
    // The first success comes as soon as the function may fetch the keys again.
    poll::until(async || {
        assert!(began.elapsed().as_secs() < 60, "the new key was never fetched");
        me(&token).await == 200
    })
    .await;
    assert!(began.elapsed().as_secs() >= 9, "invented key ids do not cause a fetch each");
    assert_eq!(app.environments("Me"), 1);
}

#[tokio::test]
async fn rotated_database_password_is_fetched_again() {
    let aws = Aws::shared();
    let app = App::start().await;
    let mut db = app.db().await;
    let url = app.database().url();
    let (host, rest) = url.rsplit_once('@').unwrap().1.split_once(':').unwrap();
    let (port, name) = rest.split_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    let role = format!("reader_{name}");
    for statement in [
        format!("CREATE ROLE {role} LOGIN PASSWORD 'first'"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"),
    ] {
        query(AssertSqlSafe(statement)).execute(&mut db).await.unwrap();
    }
    let login = |role: &str| json!({ "username": role, "password": "first" }).to_string();
    let arn = aws.create_secret("database", &login("nobody_has_this_role"));
    let reader = aws.used_by(App::builder()).env("DATABASE_URL", "").env("DATABASE_SECRET_ARN", &arn);
    let reader = reader.env("POSTGRES_HOST", host).env("POSTGRES_DB_PORT", port).env("POSTGRES_DB", name);
    let reader = reader.start().await;

    assert_eq!(reader.get("/api/v1/theater/movies/").await.status, 500, "the secret names no role");
    replace(&aws, &arn, &login(&role));
    assert_eq!(reader.get("/api/v1/theater/movies/").await.status, 404, "the new login works");
    assert_eq!(reader.environments("ListMovies"), 1);
    query(AssertSqlSafe(format!("DROP OWNED BY {role}"))).execute(&mut db).await.unwrap();
    query(AssertSqlSafe(format!("DROP ROLE {role}"))).execute(&mut db).await.unwrap();
}

#[tokio::test]
async fn unusable_secret_settings_return_500_and_are_logged() {
    let aws = Aws::shared();
    let malformed = aws.create_secret("malformed", "no JSON");
    let alike = aws.create_secret("alike", &both(ACCESS_KEY, ACCESS_KEY));
    let same = aws.create_secret("same", &key(REFRESH_KEY));
    let published = "838qKq7dGp34hWij3c8txA5ZD2qm9ybt";
    for (settings, named) in [
        (vec![("SECRET_KEY_ACCESS", "")], "SECRET_KEY_ACCESS"),
        (vec![("SECRET_KEY_REFRESH", "")], "SECRET_KEY_REFRESH"),
        (vec![("JWT_SIGNING_ALGORITHM", "HS512")], "JWT_SIGNING_ALGORITHM"),
        (
            vec![("JWT_ACCESS_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:missing")],
            "JWT_ACCESS_SECRET_ARN",
        ),
        (vec![("JWT_ACCESS_SECRET_ARN", &malformed)], "JWT_ACCESS_SECRET_ARN"),
        (vec![("JWT_REFRESH_SECRET_ARN", &malformed)], "JWT_REFRESH_SECRET_ARN"),
        (vec![("JWT_ACCESS_SECRET_ARN", &alike)], "JWT_ACCESS_SECRET_ARN"),
        (vec![("JWT_ACCESS_SECRET_ARN", &same)], "JWT_ACCESS_SECRET_ARN"),
        (vec![("SECRET_KEY_ACCESS", REFRESH_KEY)], "SECRET_KEY_ACCESS"),
        (vec![("SECRET_KEY_ACCESS", "short")], "SECRET_KEY_ACCESS"),
        (vec![("SECRET_KEY_ACCESS", published)], "SECRET_KEY_ACCESS"),
        (vec![("LOGIN_TIME_DAYS", "soon")], "LOGIN_TIME_DAYS"),
        (vec![("LOGIN_LIMIT", "0")], "LOGIN_LIMIT"),
        (vec![("RATE_LIMITS", "maybe")], "RATE_LIMITS"),
        (vec![("DATABASE_URL", ""), ("POSTGRES_HOST", "")], "POSTGRES_HOST"),
    ] {
        let app =
            settings.iter().fold(aws.used_by(App::builder()), |app, (name, value)| app.env(name, value));
        let app = app.start().await;
        for _ in 0..2 {
            let reply = login(&app, "ann@example.com", PASSWORD).await;
            assert_eq!(reply.status, 500, "{named}");
            let detail = "An error occurred while processing the request.";
            assert_eq!(reply.json(), json!({ "detail": detail }));
        }
        let logs = app.logs("Login");
        assert!(logs.contains(named), "{named}: {logs}");
        assert!(!logs.contains(published) && !logs.contains(ACCESS_KEY));
        assert_eq!(app.environments("Login"), 1, "the process lives on");
    }
}
