//! `GET /api/v1/theater/movies/` with filters and sorts.

use serde_json::{Value, json};

use super::{PATH, created, open, with};
use crate::support::App;

/// Starts the API with movies that differ in every field that has a filter.
async fn catalogue() -> App {
    let app = open().await;
    let movies = [
        ("Heat", "1995-12-15", 83, "Released", "US", "Crime", "Al Pacino", "English"),
        ("Amélie", "2001-04-25", 83, "Released", "FR", "Comedy", "Audrey Tautou", "French"),
        ("It", "2017-09-08", 73, "Released", "US", "Horror", "Bill Skarsgård", "English"),
        ("The Killer", "1989-07-06", 77, "Released", "HK", "Crime", "Chow Yun-Fat", "Cantonese"),
        (
            "Solaris",
            "2026-01-01",
            0,
            "In Production",
            "SU",
            "Science Fiction",
            "Natalya Bondarchuk",
            "Russian",
        ),
    ];
    for (name, date, score, status, country, genre, actor, language) in movies {
        let fields = json!({
            "date": date, "score": score, "status": status, "country": country,
            "genres": [genre, "Drama"], "actors": [actor], "languages": [language],
            "overview": if name == "Heat" { "Two killers are running." } else { "Nothing to see." },
        });
        created(&app, with(name, fields)).await;
    }
    app
}

/// Returns the names on the page and the total, or nothing if the API finds no movie.
async fn found(app: &App, query: &str) -> (Vec<String>, i64) {
    let reply = app.get(&format!("{PATH}?{query}")).await;
    if reply.status == 404 {
        assert_eq!(reply.json(), json!({"detail": "No movies found."}), "{query}");
        return (Vec::new(), 0);
    }
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    let page = reply.json();
    let names = page["movies"].as_array().expect("a list").iter();
    let names = names.map(|movie| movie["name"].as_str().expect("a name").to_owned());
    (names.collect(), page["total_items"].as_i64().expect("a number"))
}

async fn assert_found(app: &App, query: &str, names: &[&str]) {
    let (found, total) = found(app, query).await;
    assert_eq!(found, names, "{query}");
    assert_eq!(usize::try_from(total), Ok(names.len()), "{query}");
}

#[tokio::test]
async fn each_filter_selects_matching_movies() {
    let app = catalogue().await;
    let cases: [(&str, &[&str]); 16] = [
        ("genre=Crime", &["The Killer", "Heat"]),
        ("genre=science+fiction", &["Solaris"]),
        ("genre=Western", &[]),
        ("actor=AL%20PACINO", &["Heat"]),
        ("language=french", &["Amélie"]),
        ("country=us", &["It", "Heat"]),
        ("country=DE", &[]),
        ("status=In+Production", &["Solaris"]),
        ("year_from=2001", &["Solaris", "It", "Amélie"]),
        ("year_to=1995", &["The Killer", "Heat"]),
        ("score_from=77", &["The Killer", "Amélie", "Heat"]),
        ("score_from=+7.7e1", &["The Killer", "Amélie", "Heat"]),
        ("year_from=2027&year_to=2020", &[]),
        ("q=amélie", &["Amélie"]),
        ("q=it", &["It"]),
        ("q=western", &[]),
    ];
    for (query, names) in cases {
        assert_found(&app, query, names).await;
    }
}

#[tokio::test]
async fn combined_filters_intersect() {
    let app = catalogue().await;
    assert_found(&app, "genre=drama&country=US&score_from=80", &["Heat"]).await;
    assert_found(&app, "genre=crime&year_from=1980&year_to=1989&sort=name", &["The Killer"]).await;
    assert_found(&app, "q=killer&genre=crime&actor=al+pacino&language=English&status=Released", &["Heat"])
        .await;
    assert_found(&app, "genre=crime&language=french", &[]).await;
}

#[tokio::test]
async fn search_covers_names_and_overviews_and_ranks_names_first() {
    let app = catalogue().await;
    assert_found(&app, "q=killer", &["The Killer", "Heat"]).await;
    assert_found(&app, "q=run", &["Heat"]).await;
    assert_found(&app, "q=killer+-heat+-running", &["The Killer"]).await;
    assert_found(&app, "q=%22two+killers%22", &["Heat"]).await;
    assert_found(&app, "q=killer&sort=-score", &["Heat", "The Killer"]).await;
    assert_found(&app, "q=killer&sort=-id", &["The Killer", "Heat"]).await;
    for odd in ["%27", "%22", "%5C", "%26%7C%21%28%29%3A%2A", "-", "or", "%F0%9F%8E%AC", "%25"] {
        found(&app, &format!("q={odd}")).await;
    }
}

#[tokio::test]
async fn repeated_filters_must_all_hold() {
    let app = catalogue().await;
    let cases: [(&str, &[&str]); 11] = [
        ("genre=crime&genre=drama", &["The Killer", "Heat"]),
        ("genre=crime&genre=comedy", &[]),
        ("genre=crime|comedy", &["The Killer", "Amélie", "Heat"]),
        ("genre=crime|comedy&genre=drama&genre=comedy|western", &["Amélie"]),
        ("genre=+crime+%7C+COMEDY+&country=us%7Cfr", &["Amélie", "Heat"]),
        ("actor=al+pacino|chow+yun-fat&language=english|french", &["Heat"]),
        ("language=english&language=french", &[]),
        ("country=us&country=fr", &[]),
        ("country=us&country=us|fr", &["It", "Heat"]),
        ("q=kill&genre=crime|horror&country=hk|us", &["The Killer", "Heat"]),
        ("status=Released&status=In+Production", &["Solaris"]),
    ];
    for (query, names) in cases {
        assert_found(&app, query, names).await;
    }
    let page =
        app.get(&format!("{PATH}?per_page=1&genre=a%7Ccrime&genre=drama&sort=-name,score")).await.json();
    let rest = "per_page=1&genre=a%7Ccrime&genre=drama&sort=-name%2Cscore";
    assert_eq!(page["next_page"], format!("/theater/movies/?page=2&{rest}"));
}

#[tokio::test]
async fn sort_takes_several_keys() {
    let app = catalogue().await;
    let cases: [(&str, &[&str]); 6] = [
        ("-name", &["The Killer", "Solaris", "It", "Heat", "Amélie"]),
        ("score,name", &["Solaris", "It", "The Killer", "Amélie", "Heat"]),
        ("-score,name", &["Amélie", "Heat", "The Killer", "It", "Solaris"]),
        ("-score,date", &["Heat", "Amélie", "The Killer", "It", "Solaris"]),
        ("-score,-date,name", &["Amélie", "Heat", "The Killer", "It", "Solaris"]),
        ("-score,-id,name", &["Amélie", "Heat", "The Killer", "It", "Solaris"]),
    ];
    for (sort, names) in cases {
        assert_found(&app, &format!("sort={sort}"), names).await;
    }
}

#[tokio::test]
async fn sorts_break_ties_by_id() {
    let app = catalogue().await;
    let cases: [(&str, &[&str]); 6] = [
        ("-id", &["Solaris", "The Killer", "It", "Amélie", "Heat"]),
        ("name", &["Amélie", "Heat", "It", "Solaris", "The Killer"]),
        ("date", &["The Killer", "Heat", "Amélie", "It", "Solaris"]),
        ("-date", &["Solaris", "It", "Amélie", "Heat", "The Killer"]),
        ("score", &["Solaris", "It", "The Killer", "Heat", "Amélie"]),
        ("-score", &["Amélie", "Heat", "The Killer", "It", "Solaris"]),
    ];
    for (sort, names) in cases {
        assert_found(&app, &format!("sort={sort}"), names).await;
    }
}

#[tokio::test]
async fn numeric_sorts_compare_numbers() {
    let app = open().await;
    for score in [9.5, 100.0, 10.0, 0.00001, 83.0] {
        created(&app, with(&format!("Scored {score}"), json!({ "score": score }))).await;
    }
    let names = ["Scored 100", "Scored 83", "Scored 10", "Scored 9.5", "Scored 0.00001"];
    assert_found(&app, "sort=-score", &names).await;
    let (mut found, _) = found(&app, "sort=score").await;
    found.reverse();
    assert_eq!(found, names);
}

#[tokio::test]
async fn extreme_page_numbers_with_filters_are_handled() {
    let app = catalogue().await;
    for filter in ["genre=Drama", "q=nothing", "year_from=1&year_to=9999", "score_from=0&sort=-score"] {
        for page in ["9223372036854775807", "9223372036854775808", "461168601842738792"] {
            for per_page in [1, 20] {
                assert_found(&app, &format!("{filter}&page={page}&per_page={per_page}"), &[]).await;
            }
        }
    }
    for score in ["0", "-0", "1e-400", "-1e-400"] {
        let (names, total) = found(&app, &format!("sort=-score&score_from={score}")).await;
        assert_eq!((names.len(), total), (5, 5), "{score}");
    }
    for odd in ["genre=%F4%8F%BF%BF", "actor=%27%27--", "language=%5C", "country=zzz", "status=Released"] {
        found(&app, odd).await;
    }
    let long = "%C4%B0".repeat(255);
    for filter in ["genre", "actor", "language"] {
        assert_found(&app, &format!("{filter}={long}"), &[]).await;
    }
}

#[tokio::test]
async fn page_links_keep_query_parameters() {
    let app = catalogue().await;
    let query =
        "year_to=2020&sort=-score&q=nothing&genre=%20Drama&page=2&per_page=1&score_from=7.50e1&unknown=1";
    let page = app.get(&format!("{PATH}?{query}")).await.json();
    let rest = "per_page=1&q=nothing&genre=Drama&year_to=2020&score_from=75&sort=-score";
    assert_eq!(page["prev_page"], format!("/theater/movies/?page=1&{rest}"));
    assert_eq!(page["next_page"], Value::Null);
    assert_eq!((&page["total_items"], &page["total_pages"]), (&json!(2), &json!(2)));
    let escaped = app.get(&format!("{PATH}?per_page=1&status=In+Production&q=%C3%A9%26")).await;
    assert_eq!(escaped.status, 404);
    let first = app.get(&format!("{PATH}?per_page=1&actor=&q=x")).await;
    assert_eq!(first.status, 422);
}

#[tokio::test]
async fn list_without_filters_equals_plain_list() {
    let app = catalogue().await;
    let page = app.get(&format!("{PATH}?per_page=2")).await.json();
    let keys: Vec<_> = page.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["movies", "prev_page", "next_page", "total_pages", "total_items"]);
    assert_eq!(page["next_page"], "/theater/movies/?page=2&per_page=2");
}

/// Returns a query that repeats a filter once for each value.
fn repeated(name: &str, values: impl Iterator<Item = String>) -> String {
    values.map(|value| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// PostgreSQL plans joins in a time that grows exponentially.
#[tokio::test]
async fn filters_can_be_repeated_hundreds_of_times() {
    let app = open().await;
    let names = |count: usize| (0..count).map(|number| format!("Name {number}")).collect::<Vec<_>>();
    created(&app, with("All", json!({"genres": names(300), "actors": names(300), "languages": ["Name 1"]})))
        .await;
    created(&app, with("Most", json!({"genres": names(300), "actors": names(299), "languages": ["Name 1"]})))
        .await;
    created(&app, with("Few", json!({"genres": names(5), "actors": names(4), "languages": ["Name 1"]})))
        .await;
    let numbered = |name, count| repeated(name, (0..count).map(|number| format!("name+{number}|none")));
    assert_found(&app, &numbered("genre", 4), &["Few", "Most", "All"]).await;
    assert_found(&app, &numbered("actor", 5), &["Most", "All"]).await;
    let all = [numbered("genre", 300), numbered("actor", 300)].join("&");
    assert_found(&app, &all, &["All"]).await;
    assert_found(&app, &format!("{all}&q=all"), &["All"]).await;
    for unknown in ["genre=none", "actor=none", "language=none", "country=ZZ", "genre=none&q=all"] {
        assert_found(&app, &format!("{all}&{unknown}"), &[]).await;
    }
    let same = |name, value: &str| repeated(name, std::iter::repeat_n(value.to_owned(), 300));
    let same = [same("genre", "Name+1"), same("language", "name+1"), same("country", "us|fr")].join("&");
    assert_found(&app, &same, &["Few", "Most", "All"]).await;
    let countries = repeated("country", ('A'..='Z').map(|letter| format!("US|{letter}{letter}")));
    assert_found(&app, &countries, &["Few", "Most", "All"]).await;
    assert_found(&app, &format!("{countries}&country=AA"), &[]).await;
}
