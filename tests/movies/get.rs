//! `GET /api/v1/theater/movies/{movie_id}/`

use serde_json::{Value, json};

use crate::support::{
    App, Reply,
    catalogue::{self, List},
};

async fn get(app: &App, id: impl std::fmt::Display) -> Reply {
    app.get(&format!("/api/v1/theater/movies/{id}/")).await
}

async fn assert_not_found(app: &App, id: &str) {
    let reply = get(app, id).await;
    assert_eq!(reply.status, 404, "{id}");
    assert_eq!(reply.json(), json!({"detail": "Movie with the given ID was not found."}), "{id}");
}

#[tokio::test]
async fn movie_detail_has_exactly_contract_fields() {
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
async fn movie_detail_lists_are_ordered_by_id() {
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
async fn movie_detail_allows_empty_lists_and_null_country_name() {
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
async fn movie_detail_lists_belong_to_that_movie() {
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
async fn movie_detail_returns_values_as_stored() {
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
async fn movie_id_accepts_whitespace_sign_and_leading_zeros() {
    let app = App::start().await;
    let id = catalogue::movie(&mut app.db().await, "Heat").await;
    let reply = get(&app, format!("%09%2B0{id}%0A")).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["id"]), (200, &json!(id)));
}

#[tokio::test]
async fn impossible_movie_id_gets_404() {
    let app = App::start().await;
    catalogue::movie(&mut app.db().await, "Heat").await;
    for id in ["0", "99999999999999999999", "-99999999999999999999"] {
        assert_not_found(&app, id).await;
    }
}

#[tokio::test]
async fn malformed_id_gets_422_with_decoded_input() {
    let app = App::start().await;
    let message = "Input should be a valid integer, unable to parse string as an integer";
    for (sent, input) in
        [("1%00", "1\0"), ("1%2F2", "1/2"), ("%ff", "\u{fffd}"), ("%25", "%"), ("{movie_id}", "{movie_id}")]
    {
        let reply = get(&app, sent).await;
        assert_eq!(reply.status, 422, "{sent}");
        let fault =
            json!({"type": "int_parsing", "loc": ["path", "movie_id"], "msg": message, "input": input});
        assert_eq!(reply.json(), json!({ "detail": [fault] }), "{sent}");
    }
}

#[tokio::test]
async fn deleted_movie_gets_404() {
    let app = App::start().await;
    let mut db = app.db().await;
    let id = catalogue::movie(&mut db, "Heat").await;
    assert_eq!(get(&app, id).await.status, 200);
    sqlx::query("DELETE FROM movies").execute(&mut db).await.unwrap();
    assert_not_found(&app, &id.to_string()).await;
}
