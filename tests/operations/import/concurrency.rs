//! Imports that run at the same time as other imports and other writers of movies.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use super::{csv, everything, import, row};
use crate::{
    movies,
    support::{App, locks::statements_wait, poll},
};

/// Returns `count` movies that share their actors; `step` changes the order of the names.
pub fn catalogue(count: usize, step: usize) -> Vec<String> {
    let actor = |number: usize| format!("Actor {}", (number * step) % 50);
    let movie = |number: usize| {
        let crew = (0..5).map(|place| actor(number + place)).collect::<Vec<_>>().join(", ");
        let genres = format!("Genre {}, Genre {}", number % 7, (number * step) % 7);
        row(&[
            ("names", &format!("Movie {}", (number * step) % count)),
            ("crew", &crew),
            ("genre", &genres),
            ("country", ["US", "FR", "DE"][number * step % 3]),
        ])
    };
    (0..count).map(movie).collect()
}

#[tokio::test]
async fn concurrent_imports_store_each_movie_once() {
    let app = App::start().await;
    let (one, two) = (csv(&catalogue(400, 1)), csv(&catalogue(400, 399)));
    let (first, second) = tokio::join!(import(&app, &one), import(&app, &two));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(app.environments("Manage"), 2);
    let sum = |key: &str| first[key].as_u64().unwrap() + second[key].as_u64().unwrap();
    assert_eq!((sum("imported"), sum("already_present"), sum("duplicates")), (400, 400, 0));
    let ids: i64 =
        sqlx::query_scalar("SELECT last_value FROM pg_sequences WHERE sequencename = 'movies_id_seq'")
            .fetch_one(&mut app.db().await)
            .await
            .unwrap();
    assert_eq!(ids, 400, "no id is wasted");
    everything(&app).await;
}

/// Creates a movie and its names as the API does: in one transaction, in the common order of locks.
async fn create(db: &mut PgConnection, number: usize) -> sqlx::Result<bool> {
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO countries (code) VALUES ('US'), ('XK') ON CONFLICT DO NOTHING").await?;
    sqlx::query("INSERT INTO genres (name) VALUES ('Genre ' || $1 % 7) ON CONFLICT DO NOTHING")
        .bind(number as i32)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(r#"INSERT INTO actors (name)
        SELECT name FROM (SELECT 'Actor ' || ($1 + place) % 60 AS name FROM generate_series(0, 4) AS place) AS new
        ORDER BY name COLLATE "C" ON CONFLICT DO NOTHING"#)
        .bind(number as i32).execute(&mut *transaction).await?;
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
        SELECT 'Movie ' || $1::integer, '1995-12-15', 1, 'by the API', 'Released', 0, 0, id FROM countries WHERE code = 'XK'
        ON CONFLICT DO NOTHING RETURNING id")
        .bind(number as i32).fetch_optional(&mut *transaction).await?;
    if let Some(id) = id {
        sqlx::query("INSERT INTO actors_movies SELECT $1, id FROM actors WHERE name = 'Actor ' || $2 % 60")
            .bind(id)
            .bind(number as i32)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(id.is_some())
}

/// An import takes minutes, of which a writer has seconds.
#[tokio::test]
async fn creates_do_not_wait_for_imports_to_end() {
    let app = movies::open().await;
    app.db().await.execute("INSERT INTO countries (code) VALUES ('US')").await.unwrap();
    let mut imports = Vec::new();
    for number in 0..16 {
        let mut db = app.db().await;
        db.execute("BEGIN").await.unwrap();
        sqlx::query(
            "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
             SELECT 'Movie ' || $1, '1995-12-15', 1, '', 'Released', 0, 0, id FROM countries",
        )
        .bind(number)
        .execute(&mut db)
        .await
        .unwrap();
        imports.push(db);
    }
    for number in 0..3 {
        assert_eq!(movies::create(&app, movies::body(&format!("Heat {number}"))).await.status, 201);
    }
    for mut import in imports {
        import.execute("COMMIT").await.unwrap();
    }
    assert_eq!(app.get("/api/v1/theater/movies/").await.json()["total_items"], 19);
}

#[tokio::test]
async fn import_during_creates_stores_each_movie_once() {
    let app = App::start().await;
    let file = csv(&catalogue(2000, 1999));
    let mut db = [app.db().await, app.db().await];
    let [one, two] = &mut db;
    let creator = |db, start: usize| {
        let db: &mut PgConnection = db;
        async move {
            let mut created = 0;
            for number in (start..2000).step_by(2).take(300) {
                created += u64::from(create(db, number).await.unwrap());
            }
            created
        }
    };
    let (answer, even, odd) = tokio::join!(import(&app, &file), creator(one, 0), creator(two, 1));
    let answer = answer.unwrap();
    assert_eq!(answer["imported"].as_u64().unwrap() + even + odd, 2000, "{answer}");
    assert_eq!(answer["already_present"].as_u64().unwrap(), even + odd, "{answer}");
    let everything = everything(&app).await;
    let lines: Vec<&str> = everything.lines().collect();
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len());
    let unlinked: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM movies WHERE NOT EXISTS (SELECT FROM actors_movies WHERE movie_id = movies.id)",
    )
    .fetch_one(&mut app.db().await)
    .await
    .unwrap();
    assert_eq!(unlinked, 0);
}

#[tokio::test]
async fn import_skips_movie_being_created_concurrently() {
    let app = App::start().await;
    let mut db = app.db().await;
    db.execute("BEGIN").await.unwrap();
    db.execute("INSERT INTO countries (code) VALUES ('FR')").await.unwrap();
    db.execute(
        "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
        SELECT 'Heat', '1995-12-15', 1, 'theirs', 'Released', 0, 0, id FROM countries",
    )
    .await
    .unwrap();
    let file = csv(&[row(&[("names", "Before")]), row(&[]), row(&[("names", "After")])]);
    let commit = async {
        statements_wait(&app, 1).await;
        db.execute("COMMIT").await.unwrap();
    };
    let (answer, ()) = tokio::join!(import(&app, &file), commit);
    let answer = answer.unwrap();
    assert_eq!((&answer["imported"], &answer["already_present"]), (&json!(2), &json!(1)), "{answer}");
    let movies: Vec<(String, i64)> = sqlx::query_as(
        "SELECT overview, (SELECT count(*) FROM actors_movies WHERE movie_id = movies.id) FROM movies ORDER BY name",
    ).fetch_all(&mut app.db().await).await.unwrap();
    assert_eq!(movies, [("A thief.".into(), 1), ("A thief.".into(), 1), ("theirs".into(), 0)]);
}

#[tokio::test]
async fn interrupted_import_stores_nothing() {
    let app = App::start().await;
    let before = everything(&app).await;
    let file = csv(&catalogue(2000, 1));
    let mut db = app.db().await;
    // The lock stops the import at its links.
    db.execute("BEGIN; LOCK TABLE movies_languages IN EXCLUSIVE MODE").await.unwrap();
    let cut = async {
        let mut watcher = app.db().await;
        let waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        poll::until(async || sqlx::query(waiting).fetch_optional(&mut watcher).await.unwrap().is_some())
            .await;
    };
    let (answer, ()) = tokio::join!(import(&app, &file), cut);
    assert_eq!(answer.unwrap_err().error_type, "Failed");
    db.execute("ROLLBACK").await.unwrap();
    let without_ids = |text: &str| text.rsplit_once('\n').map_or(String::new(), |(rows, _)| rows.to_owned());
    assert_eq!(without_ids(&everything(&app).await), without_ids(&before));
    let answer: Value = import(&app, &file).await.unwrap();
    assert_eq!(answer["imported"], 2000);
}

#[tokio::test]
async fn import_and_creates_at_once_share_new_names() {
    let app = movies::open().await;
    let rows: Vec<_> = (0..300)
        .map(|number| {
            let crew = format!("ACTOR {}, ÉVA {}", number * 7 % 60, number * 11 % 60);
            row(&[("names", &format!("Imported {number}")), ("crew", &crew), ("genre", "CRIME")])
        })
        .collect();
    let file = csv(&rows);
    let creates = (0..30).map(|number| {
        let actors =
            json!([format!("e\u{301}va {}", number * 13 % 60), format!("actor {}", number * 17 % 60)]);
        let lists = json!({"actors": actors, "genres": ["crime"]});
        movies::create(&app, movies::with(&format!("Created {number}"), lists))
    });
    let (answer, created) = tokio::join!(import(&app, &file), futures_util::future::join_all(creates));
    assert_eq!(answer.unwrap()["imported"], 300);
    assert!(created.iter().all(|reply| reply.status == 201));
    let counts: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM actors), (SELECT count(*) FROM genres WHERE key = 'crime'),
            (SELECT count(*) FROM actors_movies)",
    )
    .fetch_one(&mut app.db().await)
    .await
    .unwrap();
    assert_eq!(counts, (120, 1, 660));
}
