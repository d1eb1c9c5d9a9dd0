//! Provides a successful request to every function, any number of times, and the rows that it needs.
//!
//! Everything is the same in every run and every database, except the hash and the times.

use std::{fs, path::Path};

use argon2::{Argon2, PasswordHasher, password_hash::phc::PasswordHash};
use axum::http::Method;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::{
    accounts::PASSWORD,
    app::{ACCESS_KEY, MEDIA_URL, REFRESH_KEY},
    catalogue::{self, List},
    form::{self, Form},
    gateway::HttpRequest,
    jwt,
    template::{Function, Template},
};

/// The folder of the pictures.
macro_rules! storage {
    () => {
        concat!(env!("CARGO_TARGET_TMPDIR"), "/storage")
    };
}

/// The settings of functions: rate limits count every attempt, as in production, but reject none.
pub const SETTINGS: [(&str, &str); 16] = [
    ("DATABASE_TLS", "prefer"),
    ("RATE_LIMITS", "on"),
    ("LOGIN_LIMIT", "1000000"),
    ("LOGIN_LIMIT_PER_ADDRESS", "1000000"),
    ("LOGIN_LIMIT_PER_CLIENT", "1000000"),
    ("MAIL_LIMIT", "1000000"),
    ("MAIL_LIMIT_PER_ADDRESS", "1000000"),
    ("MAIL_LIMIT_PER_CLIENT", "1000000"),
    ("MAIL_LIMIT_PER_HOUR", "1000000"),
    ("MAIL_URL", "ses:"),
    ("MAIL_FROM", "Movie Theater <no-reply@movies.example>"),
    ("PUBLIC_URL", "https://movies.example/"),
    ("STORAGE_URL", concat!("file:", storage!())),
    ("MEDIA_URL", MEDIA_URL),
    ("SECRET_KEY_ACCESS", ACCESS_KEY),
    ("SECRET_KEY_REFRESH", REFRESH_KEY),
];

/// The number of movies, without the one with all fields and those that requests delete.
const MOVIES: usize = 300;
/// The id of the moderator.
const MODERATOR: i64 = 1;
/// The address of the admin, whose access tokens name no session.
const ADMIN: &str = "admin@example.com";
/// The id of the session that the moderator's access token belongs to; those of the members follow.
const SESSION: i64 = 1;

/// Requests for a number of runs. Each request works once.
pub struct Workload {
    hash: String,
    access_token: String,
    sessions: Vec<String>,
}

impl Workload {
    /// Creates the requests for `runs` runs, numbered from 0.
    pub fn new(runs: usize) -> Self {
        let expires_at = jwt::in_seconds(24 * 3600);
        // After the moderator come as many guests as members.
        let member = |run: usize| MODERATOR + 1 + (runs + run) as i64;
        let session = |run| jwt::sign(&json!({"user_id": member(run), "exp": expires_at}), REFRESH_KEY);
        let hash: PasswordHash =
            Argon2::default().hash_password(PASSWORD.as_bytes()).expect("the system has randomness");
        Self {
            hash: hash.to_string(),
            access_token: access_token(MODERATOR, SESSION),
            sessions: (0..runs).map(session).collect(),
        }
    }

    /// Returns the number of runs.
    pub fn runs(&self) -> usize {
        self.sessions.len()
    }

    /// Returns the stored hash of every account's password, a PHC string.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Inserts the rows that the requests need into an empty database.
    pub async fn prepare(&self, db: &mut PgConnection) {
        let runs = i32::try_from(self.runs()).expect("so many runs take too long");
        let digests = |texts: &mut dyn Iterator<Item = &str>| -> Vec<Vec<u8>> {
            texts.map(|text| digest(&SHA256, text.as_bytes()).as_ref().to_vec()).collect()
        };
        let tokens: Vec<_> = (0..self.runs()).map(one_time_token).collect();
        let tokens = digests(&mut tokens.iter().map(String::as_str));
        let sessions = digests(&mut self.sessions.iter().map(String::as_str));
        // The moderator comes first, for a fixed id.
        sqlx::query(
            "INSERT INTO users (email, hashed_password, is_active, group_id)
             SELECT 'moderator@example.com', $1, true, id FROM user_groups WHERE name = 'moderator'",
        )
        .bind(&self.hash)
        .execute(&mut *db)
        .await
        .expect("the moderator is stored");
        sqlx::query(
            "INSERT INTO users (email, hashed_password, is_active, group_id)
             SELECT kind || run || '@example.com', $1, kind = 'member', id
             FROM user_groups, unnest(ARRAY['member', 'guest']) AS kind, generate_series(0, $2 - 1) AS run
             WHERE name = 'user' ORDER BY kind, run",
        )
        .bind(&self.hash)
        .bind(runs)
        .execute(&mut *db)
        .await
        .expect("the accounts are stored");
        // The admin comes last, so that the other ids stay as they are.
        sqlx::query(
            "INSERT INTO users (email, hashed_password, is_active, group_id)
             SELECT $1, $2, true, id FROM user_groups WHERE name = 'admin'",
        )
        .bind(ADMIN)
        .bind(&self.hash)
        .execute(&mut *db)
        .await
        .expect("the admin is stored");
        for (table, kind) in [("activation_tokens", "guest"), ("password_reset_tokens", "member")] {
            let statement = format!(
                "INSERT INTO {table} (token_hash, expires_at, user_id)
                 SELECT hash, now() + interval '1 day', users.id
                 FROM unnest($1::bytea[]) WITH ORDINALITY AS token (hash, number)
                 JOIN users ON email = '{kind}' || number - 1 || '@example.com'"
            );
            let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(&tokens);
            statement.execute(&mut *db).await.expect("the tokens are stored");
        }
        sqlx::query(
            "INSERT INTO email_change_tokens (token_hash, expires_at, user_id, email)
             SELECT hash, now() + interval '1 day', users.id, 'changed' || number - 1 || '@example.com'
             FROM unnest($1::bytea[]) WITH ORDINALITY AS token (hash, number)
             JOIN users ON users.email = 'member' || number - 1 || '@example.com'",
        )
        .bind(&tokens)
        .execute(&mut *db)
        .await
        .expect("the tokens for other addresses are stored");
        // That of the moderator, whose refresh token nothing sends, and one for each member.
        sqlx::query(
            "INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
             SELECT hash, now() + interval '1 day',
                    CASE number WHEN 1 THEN $2 ELSE $2 + cardinality($1::bytea[]) + number - 1 END
             FROM unnest(sha256('') || $1::bytea[]) WITH ORDINALITY AS session (hash, number) ORDER BY number",
        )
        .bind(&sessions)
        .bind(MODERATOR)
        .execute(&mut *db)
        .await
        .expect("the sessions are stored");

        sqlx::query(
            "INSERT INTO events (action, user_id, actor_id) SELECT 'login', $1, $1 FROM generate_series(1, 20)",
        )
        .bind(MODERATOR)
        .execute(&mut *db)
        .await
        .expect("the events are stored");
        // Of the moderator, whose picture a file stands for, and of the guests, which requests delete.
        sqlx::query(
            "INSERT INTO user_profiles (first_name, last_name, gender, date_of_birth, info, avatar, picture, user_id)
             SELECT 'ann', 'smith', 'woman', '1990-05-17', 'Likes heist movies.', 'avatars/' || id || '_avatar.jpg',
                    lpad(id::text, 43, '0'), id
             FROM generate_series($1, $1 + $2) AS id",
        )
        .bind(MODERATOR)
        .bind(i64::from(runs))
        .execute(&mut *db)
        .await
        .expect("the profiles are stored");
        let (key, picture) = Self::picture();
        let file = Path::new(storage!()).join(key);
        fs::create_dir_all(file.parent().expect("a key has a folder")).expect("the folder is writable");
        fs::write(file, picture).expect("the folder is writable");

        let whole = catalogue::movie(db, "Heat").await;
        for (list, names) in [
            (List::Genres, &["Crime", "Drama"][..]),
            (List::Actors, &["Al Pacino", "Robert De Niro", "Val Kilmer"]),
            (List::Languages, &["English"]),
        ] {
            for name in names {
                catalogue::add(db, whole, list, name).await;
            }
        }
        catalogue::movies(db, runs + i32::try_from(MOVIES).expect("it is a small number")).await;
        sqlx::raw_sql("VACUUM ANALYZE").execute(db).await.expect("the server answers");
    }

    /// Returns whether this is the status of a successful request to the function.
    pub fn is_expected(function: &Function, status: u64) -> bool {
        status < 300 || (status == 404 && function.executable == "not_found")
    }

    /// Returns the event of a run's request to a function. Panics if there is none for the function.
    pub fn event(&self, template: &Template, function: &Function, run: usize) -> Value {
        match self.request(&function.executable, run) {
            Ok(request) => {
                let route = template.find(request.method.as_str(), request.path());
                let route = route.expect("the template has a route for the request");
                assert_eq!(route.function.name, function.name, "the request goes elsewhere");
                request.event(&route, &template.stage)
            }
            Err(event) => event,
        }
    }

    /// Returns a run's request to a function, named by its executable, or the event for a function without HTTP.
    fn request(&self, executable: &str, run: usize) -> Result<HttpRequest, Value> {
        let (member, guest) = (format!("member{run}@example.com"), format!("guest{run}@example.com"));
        let (token, session) = (one_time_token(run), &self.sessions[run]);
        let accounts = |path: &str, body: Value| post(&format!("/api/v1/accounts/{path}/"), &body);
        let movies = "/api/v1/theater/movies/";
        Ok(match executable {
            "register" => {
                accounts("register", json!({"email": format!("new{run}@example.com"), "password": PASSWORD}))
            }
            "activate" => accounts("activate", json!({"email": guest, "token": token})),
            "activate_resend" => accounts("activate/resend", json!({"email": guest})),
            "login" => accounts("login", json!({"email": member, "password": PASSWORD})),
            "refresh" => accounts("refresh", json!({"refresh_token": session})),
            "logout" => accounts("logout", json!({"refresh_token": session})),
            "me" => self.authorized(get("/api/v1/accounts/me/")),
            "delete_account" => {
                let mut request = accounts("me", json!({"password": PASSWORD}));
                request.method = Method::DELETE;
                self.authorized_member(request, run)
            }
            "export_account" => self.authorized(get("/api/v1/accounts/me/export/")),
            "password_change" => {
                let body = json!({"old_password": PASSWORD, "new_password": "AnotherPassword456#"});
                self.authorized_member(accounts("password-change", body), run)
            }
            "email_change_request" => {
                let body = json!({"email": format!("other{run}@example.com"), "password": PASSWORD});
                self.authorized_member(accounts("email-change/request", body), run)
            }
            "email_change_complete" => accounts("email-change/complete", json!({ "token": token })),
            "list_sessions" => self.authorized(get("/api/v1/accounts/sessions/")),
            "end_session" => {
                let mut request = get(&format!("/api/v1/accounts/sessions/{}/", session_id(run)));
                request.method = Method::DELETE;
                self.authorized_member(request, run)
            }
            "end_other_sessions" => {
                let mut request = get("/api/v1/accounts/sessions/");
                request.method = Method::DELETE;
                self.authorized(request)
            }
            "list_users" => self.authorized_admin(get("/api/v1/accounts/users/?q=member&state=active")),
            "update_user" => {
                let change = json!({"group": "moderator", "is_disabled": true});
                let mut request = post(&format!("/api/v1/accounts/users/{}/", self.member(run)), &change);
                request.method = Method::PATCH;
                self.authorized_admin(request)
            }
            "list_events" => {
                self.authorized_admin(get(&format!("/api/v1/accounts/events/?user_id={MODERATOR}")))
            }
            "password_reset_request" => accounts("password-reset/request", json!({"email": member})),
            "password_reset_complete" => {
                let body = json!({"email": member, "password": "AnotherPassword456#", "token": token});
                accounts("reset-password/complete", body)
            }
            "list_movies" => get(movies),
            "list_genres" => get("/api/v1/theater/genres/"),
            "get_movie" => get(&format!("{movies}1/")),
            "create_movie" => {
                let body = json!({
                    "name": format!("A new movie {run}"), "date": "1995-12-15", "score": 83.5,
                    "overview": "A detective hunts a crew of thieves.", "status": "Released",
                    "budget": 60_000_000, "revenue": 187_436_818, "country": "US", "genres": ["Crime", "Drama"],
                    "actors": ["Al Pacino", "Robert De Niro"], "languages": ["English"],
                });
                self.authorized(post(movies, &body))
            }
            "list_actors" => get("/api/v1/theater/actors/?q=al"),
            "get_actor" => get("/api/v1/theater/actors/1/"),
            "replace_movie" => {
                let body = json!({
                    "name": format!("Another movie {run}"), "date": "1995-12-15", "score": 83.5,
                    "overview": "A detective hunts a crew of thieves.", "status": "Released",
                    "budget": 60_000_000, "revenue": 187_436_818, "country": "US", "genres": ["Crime", "Drama"],
                    "actors": ["Al Pacino", "Robert De Niro"], "languages": ["English"],
                });
                let mut request = post(&format!("{movies}{}/", 2 + run % MOVIES), &body);
                request.method = Method::PUT;
                self.authorized(request)
            }
            "update_movie" => {
                let score = json!({"score": run % 100});
                let mut request = post(&format!("{movies}{}/", 2 + run % MOVIES), &score);
                request.method = Method::PATCH;
                self.authorized(request)
            }
            "delete_movie" => {
                let mut request = get(&format!("{movies}{}/", 2 + MOVIES + run));
                request.method = Method::DELETE;
                self.authorized(request)
            }
            "create_profile" => {
                let target = profile(self.member(run));
                self.authorized_member(post_form(Method::POST, &target), run)
            }
            "get_profile" => self.authorized(get(&profile(MODERATOR))),
            "update_profile" => self.authorized(post_form(Method::PATCH, &profile(self.guest(run)))),
            "delete_profile" => {
                let mut request = get(&profile(self.guest(run)));
                request.method = Method::DELETE;
                self.authorized(request)
            }
            "media" => {
                get(&format!("/media/avatars/{MODERATOR}_avatar.jpg?v={}", picture_version(MODERATOR)))
            }
            "docs" => Self::browsing(get("/docs/")),
            "pages" => Self::browsing(get("/")),
            "not_found" => get("/nothing"),
            "manage" => return Err(json!({"command": "status"})),
            "mail_feedback" => {
                let bounce = json!({
                    "bounceType": "Permanent",
                    "bouncedRecipients": [{"emailAddress": "bounced@example.com"}],
                });
                let mail = json!({"destination": ["bounced@example.com"]});
                return Err(json!({"detail": {"eventType": "Bounce", "bounce": bounce, "mail": mail}}));
            }
            "purge_tokens" | "send_mail" => return Err(json!({})),
            _ => panic!("{executable} has no request in tests/support/workload.rs yet"),
        })
    }

    /// Adds the headers of browsers to a request.
    fn browsing(mut request: HttpRequest) -> HttpRequest {
        request.headers.push((String::from("accept-encoding"), String::from("gzip, deflate, br")));
        request
    }

    fn authorized(&self, request: HttpRequest) -> HttpRequest {
        authorized(request, &self.access_token)
    }

    fn authorized_member(&self, request: HttpRequest, run: usize) -> HttpRequest {
        authorized(request, &access_token(self.member(run), session_id(run)))
    }

    /// Deletes the pictures of earlier requests, of which the deletion of an account looks at each.
    #[allow(dead_code, reason = "only the count of allocations repeats exactly")]
    pub fn clear_storage() {
        match fs::remove_dir_all(storage!()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{}: {error}", storage!()),
            _ => (),
        }
    }

    /// Returns the key and the content of the picture that requests get.
    pub fn picture() -> (String, Vec<u8>) {
        (format!("avatars/{MODERATOR}_{}.jpg", picture_version(MODERATOR)), form::png(8, 8))
    }

    fn authorized_admin(&self, request: HttpRequest) -> HttpRequest {
        let admin = MODERATOR + 1 + 2 * self.runs() as i64;
        let claims = json!({"user_id": admin, "exp": jwt::in_seconds(24 * 3600)});
        authorized(request, &jwt::sign(&claims, ACCESS_KEY))
    }

    /// The id of a run's guest.
    fn guest(&self, run: usize) -> i64 {
        MODERATOR + 1 + run as i64
    }

    /// The id of a run's member, whom the moderator and as many guests precede.
    fn member(&self, run: usize) -> i64 {
        MODERATOR + 1 + (self.runs() + run) as i64
    }
}

/// The path of a user's profile.
fn profile(user_id: i64) -> String {
    format!("/api/v1/profiles/users/{user_id}/profile/")
}

/// The version of the picture that a user's profile starts with.
fn picture_version(user_id: i64) -> String {
    format!("{user_id:043}")
}

/// A request with a whole form.
fn post_form(method: Method, target: &str) -> HttpRequest {
    let form = Form::of(&json!({
        "first_name": "Ann", "last_name": "Smith", "gender": "woman", "date_of_birth": "1990-05-17",
        "info": "Likes heist movies.", "avatar": "face.png",
    }));
    let mut request = HttpRequest::new(method, target);
    request.headers.push((String::from("content-type"), Form::media_type()));
    request.body = form.body();
    request
}

/// The id of the session of a run's member.
fn session_id(run: usize) -> i64 {
    SESSION + 1 + run as i64
}

/// The request with an access token.
fn authorized(mut request: HttpRequest, access_token: &str) -> HttpRequest {
    request.headers.push((String::from("authorization"), format!("Bearer {access_token}")));
    request
}

/// An access token as `login` makes it.
fn access_token(user_id: i64, session_id: i64) -> String {
    let (iat, exp) = (jwt::in_seconds(0), jwt::in_seconds(24 * 3600));
    jwt::sign(&json!({"user_id": user_id, "exp": exp, "iat": iat, "sid": session_id}), ACCESS_KEY)
}

/// Returns a mailed token, which works once.
fn one_time_token(run: usize) -> String {
    format!("{run:043}")
}

fn get(target: &str) -> HttpRequest {
    HttpRequest::new(Method::GET, target)
}

fn post(target: &str, body: &Value) -> HttpRequest {
    let mut request = HttpRequest::new(Method::POST, target);
    request.headers.push((String::from("content-type"), String::from("application/json")));
    request.body = body.to_string().into_bytes();
    request
}
