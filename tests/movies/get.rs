//! `GET /api/v1/theater/movies/{movie_id}/`

use serde_json::{Value, json};

use crate::support::{
    App, Reply,
    catalogue::{self, List},
    repeated,
};

async fn get(app: &App, id: impl std::fmt::Display) -> Reply {
    app.get(&format!("/api/v1/theater/movies/{id}/")).await
}

async fn assert_not_found(app: &App, id: &str) {
    let reply = get(app, id).await;
    assert_eq!(reply.status, 404, "{id}");
    assert_eq!(reply.json(), json!({"detail": "Movie with the given ID was not found."}), "{id}");
}

async fn assert_fault(app: &App, id: &str, kind: &str, message: &str, input: &str) {
    let reply = get(app, id).await;
    assert_eq!(reply.status, 422, "{id}");
    let fault = json!({"type": kind, "loc": ["path", "movie_id"], "msg": message, "input": repeated(input)});
    assert_eq!(reply.json(), json!({"detail": [fault]}), "{id}");
}

#[tokio::test]
async fn shows_exactly_the_fields_of_the_contract() {
    let app = App::start().await;
    let mut db = app.db().await;
    let id = catalogue::movie(&mut db, "Heat").await;
    let country: i64 = sqlx::query_scalar("SELECT country_id FROM movies").fetch_one(&mut db).await.unwrap();
    let crime = catalogue::add(&mut db, id, List::Genres, "Crime").await;
    let pacino = catalogue::add(&mut db, id, List::Actors, "Al Pacino").await;
    let english = catalogue::add(&mut db, id, List::Languages, "English").await;
    let reply = get(&app, id).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let movie = reply.json();
    assert_eq!(
        movie,
        json!({
            "id": id,
            "name": "Heat",
            "date": "1994-09-23",
            "score": 85.5,
            "overview": "About Heat",
            "status": "Released",
            "budget": 25000000.0,
            "revenue": 28767189.0,
            "country": {"id": country, "code": "US", "name": "United States of America"},
            "genres": [{"id": crime, "name": "Crime"}],
            "actors": [{"id": pacino, "name": "Al Pacino"}],
            "languages": [{"id": english, "name": "English"}],
        })
    );
    let keys: Vec<_> = movie.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "id name date score overview status budget revenue country genres actors languages";
    assert_eq!(keys.join(" "), expected);
}

#[tokio::test]
async fn lists_are_ordered_by_id() {
    let app = App::start().await;
    let mut db = app.db().await;
    let (first, second) =
        (catalogue::movie(&mut db, "First").await, catalogue::movie(&mut db, "Second").await);
    for list in [List::Genres, List::Actors, List::Languages] {
        for name in ["c", "a", "b"] {
            catalogue::add(&mut db, first, list, name).await;
        }
        for name in ["b", "c", "a"] {
            catalogue::add(&mut db, second, list, name).await;
        }
    }
    for movie in [get(&app, first).await.json(), get(&app, second).await.json()] {
        for list in ["genres", "actors", "languages"] {
            let names: Vec<_> = movie[list].as_array().unwrap().iter().map(|item| &item["name"]).collect();
            assert_eq!(names, ["c", "a", "b"], "{list}");
        }
    }
}

#[tokio::test]
async fn lists_may_be_empty_and_a_country_nameless() {
    let app = App::start().await;
    let id = catalogue::movies(&mut app.db().await, 1).await[0];
    let movie = get(&app, id).await.json();
    for list in ["genres", "actors", "languages"] {
        assert_eq!(movie[list], json!([]), "{list}");
    }
    assert_eq!(movie["country"]["name"], Value::Null);
    assert_eq!(movie["country"]["code"], "FR");
}

#[tokio::test]
async fn every_list_is_that_movie_s_own() {
    let app = App::start().await;
    let mut db = app.db().await;
    let ids = catalogue::movies(&mut db, 2).await;
    for number in 0..3 {
        catalogue::add(&mut db, ids[0], List::Genres, &format!("Genre {number}")).await;
        catalogue::add(&mut db, ids[0], List::Actors, &format!("Actor {number}")).await;
    }
    catalogue::add(&mut db, ids[1], List::Languages, "French").await;
    let (one, other) = (get(&app, ids[0]).await.json(), get(&app, ids[1]).await.json());
    let sizes =
        |movie: &Value| ["genres", "actors", "languages"].map(|list| movie[list].as_array().unwrap().len());
    assert_eq!(sizes(&one), [3, 3, 0]);
    assert_eq!(sizes(&other), [0, 0, 1]);
}

#[tokio::test]
async fn values_answer_as_they_are_stored() {
    let app = App::start().await;
    let mut db = app.db().await;
    let id = catalogue::movie(&mut db, "Amélie “日本” 🎬 \\ \" </script>").await;
    let cases = [
        ("0.01", "0", "0", "Post Production", "0001-01-01"),
        ("237000000.55", "99.9", "2923706026.25", "In Production", "9999-12-31"),
        ("9999999999999.99", "100", "1e300", "Released", "2024-02-29"),
    ];
    for (budget, score, revenue, status, date) in cases {
        sqlx::query(
            "UPDATE movies SET budget = $2::numeric, score = $3::float8, revenue = $4::float8,
                    status = $5::movie_status, date = $6::date, overview = ''
             WHERE id = $1",
        )
        .bind(id)
        .bind(budget)
        .bind(score)
        .bind(revenue)
        .bind(status)
        .bind(date)
        .execute(&mut db)
        .await
        .unwrap();
        let movie = get(&app, id).await.json();
        assert_eq!(movie["name"], "Amélie “日本” 🎬 \\ \" </script>");
        assert_eq!(
            (&movie["status"], &movie["date"], &movie["overview"]),
            (&json!(status), &json!(date), &json!(""))
        );
        for (field, stored) in [("budget", budget), ("score", score), ("revenue", revenue)] {
            assert!(movie[field].is_number(), "{field} is a JSON number");
            assert_eq!(movie[field].as_f64(), stored.parse().ok(), "{field}");
        }
    }
}

#[tokio::test]
async fn integers_may_have_blanks_a_sign_and_leading_zeros() {
    let app = App::start().await;
    let id = catalogue::movie(&mut app.db().await, "Heat").await;
    for written in ["{}", "+{}", "%2B{}", "%20{}", "{}%20", "000{}", "%09%2B0{}%0A"] {
        let written = written.replace("{}", &id.to_string());
        let reply = get(&app, &written).await;
        assert_eq!(reply.status, 200, "{written}");
        assert_eq!(reply.json()["id"], json!(id), "{written}");
    }
}

#[tokio::test]
async fn an_id_that_no_row_can_have_is_not_found() {
    let app = App::start().await;
    catalogue::movie(&mut app.db().await, "Heat").await;
    let digits_4300 = "1".repeat(4300);
    for id in
        ["0", "-0", "-1", "+7", "%207", "007", "99999999999999999999", "-99999999999999999999", &digits_4300]
    {
        assert_not_found(&app, id).await;
    }
}

#[tokio::test]
async fn what_is_no_integer_is_told() {
    let app = App::start().await;
    let message = "Input should be a valid integer, unable to parse string as an integer";
    let cases = [
        ("abc", "abc"),
        ("1_0", "1_0"),
        ("1.0", "1.0"),
        ("0x1", "0x1"),
        ("1e1", "1e1"),
        ("%20", " "),
        ("1%201", "1 1"),
        ("--1", "--1"),
        ("%D9%A1", "\u{661}"),
        ("1%00", "1\0"),
        ("1%2F2", "1/2"),
        ("%ff", "\u{fffd}"),
        ("%25", "%"),
        ("{movie_id}", "{movie_id}"),
    ];
    for (sent, input) in cases {
        assert_fault(&app, sent, "int_parsing", message, input).await;
    }
    let digits_5000 = "9".repeat(5000);
    let too_long = "Unable to parse input string as an integer, exceeded maximum size";
    assert_fault(&app, &digits_5000, "int_parsing_size", too_long, &digits_5000).await;
}

#[tokio::test]
async fn a_deleted_movie_is_gone() {
    let app = App::start().await;
    let mut db = app.db().await;
    let id = catalogue::movie(&mut db, "Heat").await;
    assert_eq!(get(&app, id).await.status, 200);
    sqlx::query("DELETE FROM movies").execute(&mut db).await.unwrap();
    assert_not_found(&app, &id.to_string()).await;
}
