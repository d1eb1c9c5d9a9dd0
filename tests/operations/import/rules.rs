//! Valid rows: how the importer stores them.

use serde_json::{Value, json};

use super::{HEADER, csv, everything, file, import, row};
use crate::support::App;

/// Returns a movie as the API shows it, without ids.
async fn movie(app: &App, name: &str) -> Value {
    let id: i64 = sqlx::query_scalar("SELECT id FROM movies WHERE name = $1")
        .bind(name)
        .fetch_one(&mut app.db().await)
        .await
        .unwrap();
    let mut movie = app.get(&format!("/api/v1/theater/movies/{id}/")).await.json();
    for list in ["genres", "actors", "languages"] {
        for item in movie[list].as_array_mut().unwrap() {
            *item = item["name"].take();
        }
    }
    movie["country"].as_object_mut().unwrap().remove("id");
    movie.as_object_mut().unwrap().remove("id");
    movie
}

#[tokio::test]
async fn import_trims_and_splits_values() {
    let app = App::start().await;
    let file = csv(&[
        row(&[
            ("names", "\u{a0} The  Great\u{a0}Escape \u{a0}"),
            ("date_x", "07/04/1963 "),
            ("score", " 82.5 "),
            ("genre", "War,\u{a0}Adventure, ,War ,,\u{2003}Drama"),
            ("overview", " They say \"dig\",\nand they dig. "),
            ("crew", "Steve  McQueen, James Garner,steve  mcqueen,Steve  McQueen"),
            ("status", " Released"),
            ("orig_lang", " Spanish, Castilian"),
            ("budget_x", " 3800000.125 "),
            ("revenue", "\u{a0}1.17e7"),
            ("country", " us "),
        ]),
        row(&[
            ("names", "Bare"),
            ("genre", ""),
            ("crew", " , "),
            ("orig_lang", "\u{a0}"),
            ("overview", "  "),
            ("budget_x", ""),
            ("revenue", " "),
            ("country", "XQZ"),
            ("status", "In Production"),
            ("orig_title", ""),
        ]),
    ]);
    let answer = import(&app, &file).await.unwrap();
    assert_eq!((&answer["rows"], &answer["imported"]), (&json!(2), &json!(2)), "{answer}");
    assert_eq!(
        movie(&app, "The  Great\u{a0}Escape").await,
        json!({
            "name": "The  Great\u{a0}Escape", "date": "1963-07-04", "score": 82.5,
            "overview": "They say \"dig\",\nand they dig.", "status": "Released",
            "budget": 3800000.13, "revenue": 11700000.0,
            "country": {"code": "US", "name": "United States of America"},
            "genres": ["Adventure", "Drama", "War"],
            "actors": ["James Garner", "Steve  McQueen"],
            "languages": ["Castilian", "Spanish"],
        })
    );
    assert_eq!(
        movie(&app, "Bare").await,
        json!({
            "name": "Bare", "date": "1995-12-15", "score": 83.0, "overview": "", "status": "In Production",
            "budget": 0.0, "revenue": 0.0, "country": {"code": "XQZ", "name": null},
            "genres": [], "actors": [], "languages": [],
        })
    );
}

#[tokio::test]
async fn import_accepts_values_at_bounds() {
    let app = App::start().await;
    let next_year = format!("12/31/{}", chrono::Datelike::year(&chrono::Utc::now()) + 1);
    let longest = "é".repeat(255);
    let good = [
        ("score", "0"),
        ("score", "100"),
        ("score", "-0"),
        ("score", "1e2"),
        ("date_x", "01/01/0001"),
        ("date_x", "0001-01-02"),
        ("date_x", next_year.as_str()),
        ("date_x", "02/29/2024"),
        ("budget_x", "9999999999999.99"),
        ("budget_x", "9999999999999.990"),
        ("budget_x", "0.004"),
        ("budget_x", "0.005"),
        ("budget_x", "1e13"),
        ("budget_x", "9.99999999999999e12"),
        ("budget_x", "-0.0"),
        ("budget_x", "+12.345"),
        ("budget_x", "0.285"),
        ("budget_x", "1.005"),
        ("budget_x", "100000000000e-13"),
        ("budget_x", ".5"),
        ("revenue", "0"),
        ("revenue", "1.7976931348623157e308"),
        ("revenue", "5e-324"),
        ("country", "usa"),
        ("crew", longest.as_str()),
        ("status", "Post Production"),
    ];
    let rows: Vec<_> = good
        .iter()
        .enumerate()
        .map(|(number, good)| row(&[("names", &format!("Movie {number}")), *good]))
        .collect();
    let answer = import(&app, &csv(&rows)).await.unwrap();
    assert_eq!(answer["imported"], good.len() - 1, "{answer}");
    assert_eq!(
        answer["rejections"],
        json!([{"line": 14, "field": "budget_x",
        "reason": "\"1e13\": Input should be less than or equal to 9999999999999.99"}])
    );
    let budgets: Vec<String> = sqlx::query_scalar(
        "SELECT budget::text FROM movies WHERE substr(name, 7)::int BETWEEN 8 AND 19 ORDER BY id",
    )
    .fetch_all(&mut app.db().await)
    .await
    .unwrap();
    assert_eq!(
        budgets,
        [
            "9999999999999.99",
            "9999999999999.99",
            "0.00",
            "0.01",
            "9999999999999.99",
            "0.00",
            "12.35",
            "0.29",
            "1.01",
            "0.01",
            "0.50"
        ]
    );
    let revenue: f64 =
        sqlx::query_scalar("SELECT max(revenue) FROM movies").fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(revenue, f64::MAX);
}

#[tokio::test]
async fn import_accepts_any_column_order_bom_and_line_break() {
    let app = App::start().await;
    let header: Vec<&str> = HEADER.split(',').rev().collect();
    let text = format!(
        "\u{feff}\"{}\"\r\n\r\nUS,1,2,English,Released,Der Film,\"Ann, Bob\",\"Two\r\nlines\",Drama,50,1999-01-02,Film\r\n\r\nUS,1,2,English,Nonsense,,,,,50,1999-01-02,Worse\r\n\nUS,1,2,English,Released,,,,,50,1999-01-02,Last",
        header.join("\",\"")
    );
    let answer = import(&app, &file(text)).await.unwrap();
    assert_eq!((&answer["rows"], &answer["imported"]), (&json!(3), &json!(2)), "{answer}");
    assert_eq!(
        (&answer["rejections"][0]["line"], &answer["rejections"][0]["field"]),
        (&json!(6), &json!("status"))
    );
    assert_eq!(movie(&app, "Film").await["overview"], "Two\r\nlines");
    assert_eq!(movie(&app, "Film").await["actors"], json!(["Ann", "Bob"]));
}

#[tokio::test]
async fn import_keeps_first_of_duplicate_movies() {
    let app = App::start().await;
    let first = csv(&[
        row(&[("overview", "first")]),
        row(&[("overview", "second"), ("crew", "Nobody Else")]),
        row(&[("date_x", "1995-12-15"), ("overview", "third")]),
        row(&[("date_x", "12/16/1995")]),
        row(&[("names", "heat")]),
    ]);
    let answer = import(&app, &first).await.unwrap();
    assert_eq!((&answer["imported"], &answer["duplicates"]), (&json!(3), &json!(2)), "{answer}");
    assert_eq!(movie(&app, "heat").await["name"], "heat");
    let kept: String =
        sqlx::query_scalar("SELECT overview FROM movies WHERE name = 'Heat' AND date = '1995-12-15'")
            .fetch_one(&mut app.db().await)
            .await
            .unwrap();
    assert_eq!(kept, "first");
    assert!(!everything(&app).await.contains("Nobody Else"), "a duplicate stores no names");
}

#[tokio::test]
async fn import_assigns_ids_in_file_order() {
    let app = App::start().await;
    let rows: Vec<_> = (0..40).map(|number| row(&[("names", &format!("{}", (number * 17) % 40))])).collect();
    import(&app, &csv(&rows)).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM movies ORDER BY id")
        .fetch_all(&mut app.db().await)
        .await
        .unwrap();
    assert_eq!(names, (0..40).map(|number| ((number * 17) % 40).to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn import_keeps_and_reuses_stored_rows() {
    let app = App::start().await;
    let mut db = app.db().await;
    let ids: Vec<i64> = sqlx::query_scalar(
        "WITH named AS (INSERT INTO countries (code, name) VALUES ('DE', 'Deutschland') RETURNING id),
            nameless AS (INSERT INTO countries (code) VALUES ('FR') RETURNING id),
            genre AS (INSERT INTO genres (name) VALUES ('Crime') RETURNING id)
        SELECT id FROM named UNION ALL SELECT id FROM nameless UNION ALL SELECT id FROM genre",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    import(
        &app,
        &csv(&[row(&[("names", "A"), ("country", "DE")]), row(&[("names", "B"), ("country", "fra")])]),
    )
    .await
    .unwrap();
    let countries: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, name FROM countries ORDER BY id").fetch_all(&mut db).await.unwrap();
    assert_eq!(countries, [(ids[0], "Deutschland".into()), (ids[1], "France".into())]);
    let genres: Vec<i64> = sqlx::query_scalar("SELECT id FROM genres").fetch_all(&mut db).await.unwrap();
    assert_eq!(genres, [ids[2]]);
}

#[tokio::test]
async fn imported_movie_has_the_search_document_of_a_created_one() {
    let app = crate::movies::open().await;
    let overview =
        "The killers’ plan: a killer’s face-lift. ".repeat(30) + "Ünïcode, 八佰 and 1,000,000 words";
    for name in ["Face/Off", "八佰", "???"] {
        let file = csv(&[row(&[("names", name), ("overview", &overview)])]);
        assert_eq!(import(&app, &file).await.unwrap()["imported"], 1);
        let mut body = crate::movies::body(name);
        body["overview"] = json!(overview);
        body["date"] = json!("1996-12-15");
        assert_eq!(crate::movies::create(&app, body).await.status, 201);
    }
    let documents =
        "SELECT movies.name, count(*), count(DISTINCT (movie_search.key, search)), max(length(search))
                     FROM movie_search JOIN movies ON movies.id = movie_id GROUP BY movies.name";
    let documents: Vec<(String, i64, i64, i32)> =
        sqlx::query_as(documents).fetch_all(&mut app.db().await).await.unwrap();
    assert_eq!(documents.len(), 3);
    for (name, movies, distinct, words) in documents {
        assert_eq!((movies, distinct, words > 10), (2, 1, true), "{name}");
    }
}
