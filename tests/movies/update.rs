//! `PATCH /api/v1/theater/movies/{movie_id}/`

use futures_util::future::join;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{PATH, body, created, detail, open, patch, with};
use crate::support::{App, Method, locks};

const UPDATED: &str = r#"{"detail":"Movie updated successfully."}"#;

async fn assert_updated(app: &App, id: i64, change: Value) {
    let reply = patch(app, id, change.clone()).await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, UPDATED), "{change}");
}

#[tokio::test]
async fn update_changes_exactly_sent_fields() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let other = created(&app, body("Ronin")).await;
    let untouched = detail(&app, other).await;
    let mut expected = detail(&app, id).await;
    let changes = [
        ("name", json!(" Collateral "), json!("Collateral")),
        ("date", json!("2004-08-06T00:00:00Z"), json!("2004-08-06")),
        ("score", json!("76"), json!(76.0)),
        ("overview", json!(""), json!("")),
        ("status", json!("In Production"), json!("In Production")),
        ("budget", json!(65000000.005), json!(65000000.01)),
        ("revenue", json!(0), json!(0.0)),
    ];
    for (field, sent, stored) in changes {
        assert_updated(&app, id, json!({ field: sent })).await;
        expected[field] = stored;
        assert_eq!(detail(&app, id).await, expected, "{field}");
    }
    assert_updated(&app, id, json!({"score": 1, "overview": "New.", "genres": ["Unknown"], "id": 7})).await;
    expected["score"] = json!(1.0);
    expected["overview"] = json!("New.");
    assert_eq!(detail(&app, id).await, expected);
    assert_eq!(detail(&app, other).await, untouched);
}

#[tokio::test]
async fn empty_update_succeeds() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let before = detail(&app, id).await;
    assert_updated(&app, id, json!({})).await;
    assert_eq!(detail(&app, id).await, before);
}

#[tokio::test]
async fn null_or_conflicting_update_gets_400_and_changes_nothing() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    created(&app, with("Ronin", json!({"date": "1998-09-25"}))).await;
    created(&app, body("Ronin")).await;
    let before = detail(&app, id).await;
    let refused = [
        json!({"name": "Ronin"}),
        json!({"name": "Ronin", "date": "1998-09-25"}),
        json!({"score": null, "name": "Other"}),
        json!({"revenue": null}),
    ];
    for change in refused {
        let reply = patch(&app, id, change.clone()).await;
        assert_eq!(reply.status, 400, "{change}");
        assert_eq!(reply.json(), json!({"detail": "Invalid input data."}), "{change}");
    }
    assert_eq!(detail(&app, id).await, before);
    assert_updated(&app, id, json!({"name": "Heat", "date": "1995-12-15"})).await;
}

#[tokio::test]
async fn update_of_unknown_id_gets_404() {
    let app = open().await;
    for id in ["1", "9223372036854775808"] {
        for change in ["{}", r#"{"score":1}"#, r#"{"score":null}"#] {
            let reply = app.request(Method::PATCH, &format!("{PATH}{id}/")).body(change).send().await;
            assert_eq!(reply.status, 404, "{id} {change}");
            let detail = json!({"detail": "Movie with the given ID was not found."});
            assert_eq!(reply.json(), detail, "{id} {change}");
        }
    }
}

#[tokio::test]
async fn update_lists_path_errors_first_even_for_unknown_movie() {
    let app = open().await;
    let change = json!({"revenue": -1, "name": "", "score": null, "status": "Lost"});
    let reply = app.request(Method::PATCH, &format!("{PATH}abc/")).body(change.to_string()).send().await;
    assert_eq!(reply.status, 422);
    let places: Vec<_> =
        reply.json()["detail"].as_array().expect("a list").iter().map(|fault| fault["loc"].clone()).collect();
    let expected = [["path", "movie_id"], ["body", "name"], ["body", "status"], ["body", "revenue"]];
    assert_eq!(places, expected.map(|place| json!(place)));
}

#[tokio::test]
async fn concurrent_updates_of_different_fields_are_both_kept() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    for turn in 1..10 {
        let (one, other) =
            join(patch(&app, id, json!({"score": turn})), patch(&app, id, json!({"revenue": turn}))).await;
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
        let movie = detail(&app, id).await;
        assert_eq!(
            (movie["score"].as_f64(), movie["revenue"].as_f64()),
            (Some(f64::from(turn)), Some(f64::from(turn)))
        );
    }
}

/// Makes statements that store a movie's name wait, before they look whether it is taken, while another session has the
/// advisory lock 1.
async fn add_gate(db: &mut PgConnection) {
    let gate = "CREATE FUNCTION gate(text) RETURNS text IMMUTABLE LANGUAGE sql
                    AS 'SELECT $1 FROM pg_advisory_xact_lock_shared(1)';
                ALTER TABLE movies DROP CONSTRAINT movies_name_date_key;
                CREATE INDEX ON movies (gate(name));
                ALTER TABLE movies ADD CONSTRAINT movies_name_date_key UNIQUE (name, date)";
    sqlx::raw_sql(gate).execute(db).await.unwrap();
}

async fn close_gate(db: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_lock(1)").execute(db).await.unwrap();
}

async fn open_gate(db: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_unlock(1)").execute(db).await.unwrap();
}

/// Without an order, two statements wait for each other where each has changed its own movie before it looks whether the
/// other's name is taken: until then an index holds both.
#[tokio::test]
async fn crossing_changes_of_names_get_refusals() {
    let app = open().await;
    let (heat, ronin) = (created(&app, body("Heat")).await, created(&app, body("Ronin")).await);
    let mut db = app.db().await;
    add_gate(&mut db).await;
    // Too late for an answer.
    locks::set_deadlock_timeout(&app, "1min").await;
    for method in [Method::PATCH, Method::PUT] {
        close_gate(&mut db).await;
        let change = async |id: i64, name: &str| {
            let body = if method == Method::PUT { body(name) } else { json!({ "name": name }) };
            let request = app.request(method.clone(), &format!("{PATH}{id}/"));
            request.body(body.to_string()).send().await.status.as_u16()
        };
        let release = async {
            locks::statements_wait(&app, 2).await;
            open_gate(&mut db).await;
        };
        let (first, second, ()) = futures_util::join!(change(heat, "Ronin"), change(ronin, "Heat"), release);
        let refused = if method == Method::PUT { 409 } else { 400 };
        assert_eq!([first, second], [refused; 2], "{method}");
    }
}

/// An operator's statements lock rows in an order of their own, so PostgreSQL may have to cancel a request's.
#[tokio::test]
async fn write_in_a_deadlock_with_an_operator_is_repeated() {
    let app = open().await;
    let mut db = app.db().await;
    add_gate(&mut db).await;
    let change = json!({"name": "Heat"});
    let replacement = body("Thief");
    let creation = with("Alien", json!({"genres": ["Space"]}));
    let score = "UPDATE movies SET score = 1 WHERE name LIKE 'Not %'";
    let genre = "INSERT INTO genres (name) VALUES ('Space')";
    // What the operator does last waits for the request, which waits for the name that the operator has deleted.
    let cases = [
        (Method::PATCH, "UpdateMovie", &change, score, 200),
        (Method::PUT, "ReplaceMovie", &replacement, score, 200),
        (Method::POST, "CreateMovie", &creation, genre, 201),
    ];
    for (method, function, sent, last, status) in cases {
        let wanted = sent["name"].as_str().unwrap();
        let holder = created(&app, body(wanted)).await;
        let other = created(&app, body(&format!("Not {wanted}"))).await;
        let mut operator = app.db().await;
        // The request finds the deadlock.
        let first = format!("SET deadlock_timeout = '1min'; BEGIN; DELETE FROM movies WHERE id = {holder}");
        sqlx::raw_sql(AssertSqlSafe(first)).execute(&mut operator).await.unwrap();
        close_gate(&mut db).await;
        let path = if method == Method::POST { PATH.to_owned() } else { format!("{PATH}{other}/") };
        let request = app.request(method.clone(), &path).body(sent.to_string()).send();
        let last = async {
            locks::statements_wait(&app, 1).await;
            let last = async {
                sqlx::raw_sql(last).execute(&mut operator).await.unwrap();
                sqlx::raw_sql("COMMIT").execute(&mut operator).await.unwrap();
            };
            let release = async {
                locks::statements_wait(&app, 2).await;
                open_gate(&mut db).await;
            };
            join(last, release).await;
        };
        let (reply, ()) = join(request, last).await;
        assert_eq!(reply.status.as_u16(), status, "{method}: {}", reply.text());
        let repetitions = app.logs(function).matches("writing again after a deadlock").count();
        assert_eq!(repetitions, 1, "{method}");
    }
}
