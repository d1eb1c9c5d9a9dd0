//! Renaming, merging and removing names of the catalogue.

use serde_json::{Value, json};

use crate::support::{App, Method, locks::statements_wait, runtime::FunctionError};
use crate::{movies::body, movies::with};

async fn run(app: &App, event: Value) -> Result<Value, FunctionError> {
    app.invoke("Manage", event).await
}

/// Starts the API with two movies, the second with other spellings and names of everything.
async fn catalogue() -> App {
    let app = crate::movies::open().await;
    let lists = json!({"genres": ["Sci-Fi", "Drama"], "actors": ["Leo DiCaprio"], "languages": ["American"], "country": "USA"});
    for movie in [body("Heat"), with("Inception", lists)] {
        assert_eq!(crate::movies::create(&app, movie).await.status, 201);
    }
    app
}

/// Returns the movie with this name, with its lists as names.
async fn movie(app: &App, name: &str) -> Value {
    let found = app.get(&format!("/api/v1/theater/movies/?q={name}")).await.json();
    let mut movie = app.get(&format!("/api/v1/theater/movies/{}/", found["movies"][0]["id"])).await.json();
    for list in ["genres", "actors", "languages"] {
        movie[list] = movie[list].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
    }
    movie["country"] = movie["country"]["code"].take();
    movie
}

#[tokio::test]
async fn renamed_entry_keeps_its_movies() {
    let app = catalogue().await;
    for (list, from, to) in [
        ("genres", "sci-FI", "Science Fiction"),
        ("actors", "Leo Dicaprio", "Leonardo DiCaprio"),
        ("languages", "American", "Ame\u{301}ricain"),
        ("countries", "USA", "ca"),
    ] {
        let answer =
            run(&app, json!({"command": "rename", "list": list, "from": from, "to": to})).await.unwrap();
        assert_eq!((&answer["list"], answer["id"].is_i64()), (&json!(list), true), "{answer}");
    }
    let inception = movie(&app, "Inception").await;
    assert_eq!(inception["genres"], json!(["Drama", "Science Fiction"]));
    assert_eq!(
        (&inception["actors"], &inception["languages"]),
        (&json!(["Leonardo DiCaprio"]), &json!(["Américain"]))
    );
    assert_eq!(inception["country"], "CA");
    // Another spelling of the same name, and a name that another entry has.
    let same = json!({"command": "rename", "list": "genres", "from": "drama", "to": "DRAMA"});
    run(&app, same).await.unwrap();
    assert_eq!(movie(&app, "Heat").await["genres"], json!(["Crime", "DRAMA"]));
    for (list, from, to) in [("genres", "Crime", "dRAMA"), ("countries", "CA", "US")] {
        let taken = json!({"command": "rename", "list": list, "from": from, "to": to});
        let error = run(&app, taken).await.unwrap_err();
        assert!(
            error.error_message.contains("exists already") && error.error_message.contains("merge"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn merged_entry_gives_its_movies_to_the_other() {
    let app = catalogue().await;
    for (list, from, into) in [
        ("genres", "Sci-Fi", "Drama"),
        ("actors", "Leo DiCaprio", "AL PACINO"),
        ("languages", "American", "English"),
        ("countries", "USA", "US"),
    ] {
        let answer =
            run(&app, json!({"command": "merge", "list": list, "from": from, "into": into})).await.unwrap();
        let moved = if list == "genres" { 0 } else { 1 };
        assert_eq!(answer["movies"], moved, "{answer}");
    }
    let inception = movie(&app, "Inception").await;
    assert_eq!(inception["genres"], json!(["Drama"]));
    assert_eq!((&inception["actors"], &inception["languages"]), (&json!(["Al Pacino"]), &json!(["English"])));
    assert_eq!(inception["country"], "US");
    let counts = run(&app, json!({"command": "status"})).await.unwrap()["counts"].clone();
    assert_eq!(
        (&counts["genres"], &counts["actors"], &counts["countries"]),
        (&json!(2), &json!(2), &json!(1))
    );
}

#[tokio::test]
async fn unknown_and_equal_entries_are_errors() {
    let app = catalogue().await;
    for (event, sentence) in [
        (
            json!({"command": "rename", "list": "genres", "from": "Western", "to": "X"}),
            "\"Western\" is not in genres.",
        ),
        (
            json!({"command": "merge", "list": "actors", "from": "Nobody", "into": "Al Pacino"}),
            "\"Nobody\" is not in actors.",
        ),
        (
            json!({"command": "merge", "list": "actors", "from": "al pacino", "into": "Al Pacino"}),
            "are the same entry",
        ),
        (
            json!({"command": "merge", "list": "countries", "from": "XX", "into": "US"}),
            "\"XX\" is not in countries.",
        ),
        (
            json!({"command": "merge", "list": "movies", "from": "a", "into": "b"}),
            "\"list\" must be \"genres\"",
        ),
        (
            json!({"command": "merge", "list": "genres", "from": " ", "into": "b"}),
            "\"from\" must be a name of 1 to 255",
        ),
        (
            json!({"command": "rename", "list": "countries", "from": "US", "to": "U1"}),
            "\"to\" must be a code",
        ),
        (json!({"command": "rename", "list": "genres", "from": "Crime"}), "\"to\" must be a name"),
        (json!({"command": "remove-unused", "list": null}), "\"list\" must be"),
        (
            json!({"command": "merge", "list": "genres", "from": "Crime", "into": "Drama", "x": 1}),
            "Unknown argument \"x\"",
        ),
    ] {
        let error = run(&app, event.clone()).await.unwrap_err();
        assert!(error.error_message.contains(sentence), "{event}: {error:?}");
    }
}

#[tokio::test]
async fn entries_without_movies_are_removed() {
    let app = catalogue().await;
    let found = app.get("/api/v1/theater/movies/?q=Inception").await.json();
    let path = format!("/api/v1/theater/movies/{}/", found["movies"][0]["id"]);
    assert_eq!(app.request(Method::DELETE, &path).send().await.status, 204);
    let answer = run(&app, json!({"command": "remove-unused", "list": "actors"})).await.unwrap();
    assert_eq!(answer, json!({"command": "remove-unused", "actors": 1}));
    let answer = run(&app, json!({"command": "remove-unused"})).await.unwrap();
    let removed =
        json!({"command": "remove-unused", "genres": 1, "actors": 0, "languages": 1, "countries": 1});
    assert_eq!(answer, removed);
    assert_eq!(movie(&app, "Heat").await["genres"], json!(["Crime", "Drama"]));
}

#[tokio::test]
async fn each_change_leaves_a_line_in_the_log() {
    let app = catalogue().await;
    run(&app, json!({"command": "merge", "list": "countries", "from": "USA", "into": "US"})).await.unwrap();
    run(&app, json!({"command": "rename", "list": "genres", "from": "Sci-Fi", "to": "Western"}))
        .await
        .unwrap();
    let lines = app.lines();
    let actions: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "catalogue changed")
        .map(|line| line["action"].clone())
        .collect();
    assert_eq!(actions, [json!("countries_merged"), json!("genres_renamed")]);
}

#[tokio::test]
async fn movies_created_during_a_merge_keep_their_names() {
    let app = catalogue().await;
    let merge = json!({"command": "merge", "list": "genres", "from": "Crime", "into": "Drama"});
    let creates = (0..8).map(|number| crate::movies::create(&app, body(&format!("Movie {number}"))));
    let (merged, created) = tokio::join!(run(&app, merge), futures_util::future::join_all(creates));
    merged.unwrap();
    for reply in created {
        assert_eq!(reply.status, 201, "{}", reply.text());
        let path = format!("/api/v1/theater/movies/{}/", reply.json()["id"]);
        let movie = app.get(&path).await.json();
        let mut genres: Vec<_> =
            movie["genres"].as_array().unwrap().iter().map(|genre| genre["name"].clone()).collect();
        genres.sort_by_key(Value::to_string);
        // A movie that is created after the merge makes its genre again.
        assert!(genres == ["Drama"] || genres == ["Crime", "Drama"], "{genres:?}");
    }
}

#[tokio::test]
async fn movie_deleted_during_a_merge_is_gone() {
    let app = catalogue().await;
    let mut deletion = app.db().await;
    let lock = "BEGIN; SELECT FROM movies WHERE name = 'Heat' FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut deletion).await.unwrap();
    let merge = json!({"command": "merge", "list": "genres", "from": "Crime", "into": "Sci-Fi"});
    let (merged, ()) = tokio::join!(run(&app, merge), async {
        statements_wait(&app, 1).await;
        let delete = "DELETE FROM movies WHERE name = 'Heat'; COMMIT";
        sqlx::raw_sql(delete).execute(&mut deletion).await.unwrap();
    });
    assert_eq!(merged.unwrap()["movies"], 0);
    let left = app.get("/api/v1/theater/movies/").await.json();
    assert_eq!((&left["total_items"], &left["movies"][0]["name"]), (&json!(1), &json!("Inception")));
}

#[tokio::test]
async fn movie_created_during_a_removal_keeps_its_names() {
    let app = catalogue().await;
    let mut removal = app.db().await;
    let remove =
        "BEGIN; LOCK TABLE genres IN SHARE ROW EXCLUSIVE MODE; DELETE FROM genres WHERE name = 'Crime'";
    sqlx::raw_sql(remove).execute(&mut removal).await.unwrap();
    let (created, ()) = tokio::join!(crate::movies::create(&app, body("Ronin")), async {
        statements_wait(&app, 1).await;
        sqlx::raw_sql("COMMIT").execute(&mut removal).await.unwrap();
    });
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(movie(&app, "Ronin").await["genres"], json!(["Drama", "Crime"]));
}

/// A lock on a list would make writers wait behind it until the import ends.
#[tokio::test]
async fn movies_are_created_while_a_change_waits_for_an_import() {
    let app = catalogue().await;
    let mut import = app.db().await;
    // The advisory lock of an import, and the name that it has begun to store.
    let began = "BEGIN; SELECT pg_advisory_xact_lock(x'6d6f76696573'::bigint); INSERT INTO genres (name) VALUES ('New')";
    sqlx::raw_sql(began).execute(&mut import).await.unwrap();
    let rename = json!({"command": "rename", "list": "genres", "from": "Crime", "to": "Noir"});
    let (renamed, ()) = tokio::join!(run(&app, rename), async {
        statements_wait(&app, 1).await;
        assert_eq!(crate::movies::create(&app, body("Ronin")).await.status, 201);
        sqlx::raw_sql("COMMIT").execute(&mut import).await.unwrap();
    });
    renamed.unwrap();
    assert_eq!(movie(&app, "Ronin").await["genres"], json!(["Noir", "Drama"]));
}
