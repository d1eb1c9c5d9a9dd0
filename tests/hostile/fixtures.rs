//! Prepares accounts and movies, so that requests of the hostile client get beyond validation.

use axum::http::Method;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use super::dice::Dice;
use crate::support::{
    App, accounts,
    app::ACCESS_KEY,
    catalogue::{self, List},
    jwt,
};

const ACCOUNTS: &str = "/api/v1/accounts";
const MOVIES: &str = "/api/v1/theater/movies/";

/// A person with or without an account.
pub struct Person {
    /// The address.
    pub email: String,
    /// A mailed token.
    pub token: String,
    /// A refresh token.
    pub refresh_token: String,
}

/// The accounts and movies that requests can name.
pub struct Fixtures {
    /// The owners of the addresses and tokens.
    pub people: Vec<Person>,
    /// Access tokens of a moderator, of a user and of an admin.
    pub access_tokens: [String; 3],
    /// Access tokens of users who may be deleted.
    pub leaving: Vec<String>,
    /// Cursors, decoded, with their order.
    pub cursors: Vec<(String, String)>,
    /// The number of movies at the start; their ids start at 1.
    pub movies: usize,
    /// The entity tag of the first movie.
    pub etag: String,
}

impl Fixtures {
    /// Creates accounts in all states, and movies.
    pub async fn prepare(app: &App) -> Self {
        let mut db = app.db().await;
        let moderator = accounts::active(app, "moderator@example.com").await;
        let grant = json!({"command": "grant", "email": "moderator@example.com", "group": "moderator"});
        app.invoke("Manage", grant).await.expect("the account is there");
        let admin = accounts::active(app, "admin@example.com").await;
        let grant = json!({"command": "grant", "email": "admin@example.com", "group": "admin"});
        app.invoke("Manage", grant).await.expect("the account is there");
        let mut people = Vec::new();
        let mut user = moderator;
        for number in 0..4 {
            let email = format!("member{number}@example.com");
            user = accounts::active(app, &email).await;
            let session = accounts::login(app, &email, accounts::PASSWORD).await.json();
            let refresh_token = session["refresh_token"].as_str().expect("a login gives one").to_owned();
            people.push(Person { email, token: "never-mailed-A1b2".into(), refresh_token });
        }
        for number in 0..4 {
            let email = format!("guest{number}@example.com");
            accounts::register(app, &email).await;
            let token = accounts::mailed_token(&mut db, &email).await;
            people.push(Person { email, token, refresh_token: "no-session-A1b2".into() });
        }
        for number in 0..2 {
            let email = format!("forgetful{number}@example.com");
            accounts::active(app, &email).await;
            app.post_json(&format!("{ACCOUNTS}/password-reset/request/"), json!({ "email": email })).await;
            let token = accounts::mailed_token(&mut db, &email).await;
            people.push(Person { email, token, refresh_token: "no-session-A1b2".into() });
        }

        let whole = catalogue::movie(&mut db, "Heat").await;
        catalogue::add(&mut db, whole, List::Genres, "Crime").await;
        catalogue::add(&mut db, whole, List::Actors, "Al Pacino").await;
        catalogue::add(&mut db, whole, List::Languages, "English").await;
        let movies = 1 + catalogue::movies(&mut db, 60).await.len();
        let etag = app.get(&format!("{MOVIES}{whole}/")).await.header("etag").unwrap_or_default().to_owned();
        // Issued after every session that the client ends.
        let later = jwt::in_seconds(24 * 3600);
        let token = |id: i64| jwt::sign(&json!({"user_id": id, "exp": later, "iat": later}), ACCESS_KEY);
        let access_tokens = [token(moderator), token(user), token(admin)];
        let mut leaving = Vec::new();
        for number in 0..4 {
            leaving.push(token(accounts::active(app, &format!("leaving{number}@example.com")).await));
        }
        Self { people, access_tokens, leaving, cursors: cursors(app).await, movies, etag }
    }

    /// Returns a random person.
    pub fn person(&self, dice: &mut Dice) -> &Person {
        dice.choose(&self.people)
    }

    /// Returns the access token of the moderator, or now and then of a user or an admin.
    pub fn access_token(&self, dice: &mut Dice) -> &str {
        let [moderator, others @ ..] = &self.access_tokens;
        let token = if dice.one_in(4) { dice.choose(&others[..]) } else { moderator };
        token.as_str()
    }

    /// Returns the access token of a user who may be deleted.
    pub fn leaving(&self, dice: &mut Dice) -> &str {
        dice.choose(&self.leaving[..]).as_str()
    }
}

/// Returns the cursor of the first page in every order, and of a search.
async fn cursors(app: &App) -> Vec<(String, String)> {
    let mut cursors = Vec::new();
    let orders =
        ["", "sort=-id", "sort=name", "sort=date", "sort=-date", "sort=score", "sort=-score", "q=movie"];
    for order in orders {
        let reply = app.request(Method::GET, &format!("{MOVIES}?per_page=2&{order}")).send().await;
        let link = reply.header("link").unwrap_or_default();
        let cursor = link.split("after=").nth(1).and_then(|rest| rest.split(['&', '>']).next());
        if let Some(text) = cursor.and_then(|cursor| BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()) {
            cursors.push((order.to_owned(), String::from_utf8_lossy(&text).into_owned()));
        }
    }
    assert!(!cursors.is_empty(), "the list of movies has cursors");
    cursors
}
