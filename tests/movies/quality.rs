//! The quality of searches in the seed catalogue.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::PATH;
use crate::support::App;

/// A movie of the catalogue.
struct Movie {
    id: i64,
    name: String,
    overview: String,
}

/// Starts the API with the seed catalogue, and returns it with its movies.
async fn seed() -> (App, Vec<Movie>) {
    let app = App::start().await;
    app.invoke("Manage", json!({"command": "import", "source": "seed"})).await.expect("the seed is imported");
    let rows = sqlx::query_as("SELECT id, name, overview FROM movies ORDER BY id");
    let rows: Vec<(i64, String, String)> = rows.fetch_all(&mut app.db().await).await.unwrap();
    assert!(rows.len() > 250);
    (app, rows.into_iter().map(|(id, name, overview)| Movie { id, name, overview }).collect())
}

/// Returns the ids on the first page of a search, and the total.
async fn ids(app: &App, text: &str) -> Vec<i64> {
    let query: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let reply = app.get(&format!("{PATH}?q={query}&per_page=10")).await;
    assert!([200, 404].contains(&reply.status.as_u16()), "{text}: {}", reply.text());
    let page = reply.json();
    let movies = page["movies"].as_array().map(Vec::as_slice).unwrap_or_default();
    movies.iter().map(|movie| movie["id"].as_i64().expect("an id")).collect()
}

/// Returns the percentages of texts that find their movie first, and on the first page.
async fn shares(app: &App, texts: &[(i64, String)]) -> (f64, f64) {
    let (mut first, mut page, mut missed) = (0, 0, Vec::new());
    for (id, text) in texts {
        let ids = ids(app, text).await;
        first += usize::from(ids.first() == Some(id));
        if ids.contains(id) { page += 1 } else { missed.push(text) }
    }
    println!("{} texts, {first} first, {page} on the first page; missed: {missed:?}", texts.len());
    let share = |count: usize| 100.0 * count as f64 / texts.len() as f64;
    (share(first), share(page))
}

fn texts(movies: &[Movie], text: impl Fn(&Movie) -> Option<String>) -> Vec<(i64, String)> {
    movies.iter().filter_map(|movie| Some((movie.id, text(movie)?))).collect()
}

#[tokio::test]
async fn full_titles_find_their_movie_first() {
    let (app, movies) = seed().await;
    assert_eq!(shares(&app, &texts(&movies, |movie| Some(movie.name.clone()))).await, (100.0, 100.0));
    let plain = |movie: &Movie| {
        let letters = movie.name.nfd().filter(|c| !is_combining_mark(*c));
        Some(letters.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>().to_lowercase())
    };
    let (first, page) = shares(&app, &texts(&movies, plain)).await;
    assert!(first > 98.0 && page == 100.0, "{first} {page}");
}

#[tokio::test]
async fn title_word_and_overview_word_find_their_movie() {
    let (app, movies) = seed().await;
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.filter(|word| word.chars().count() > 3).collect()
    };
    // The longest word of each title with every third word of the overview: some four searches for each movie.
    let mut pairs = Vec::new();
    for movie in &movies {
        let Some(title) = words(&movie.name).into_iter().max_by_key(String::len) else { continue };
        pairs.extend(
            words(&movie.overview).into_iter().step_by(3).map(|word| (movie.id, format!("{title} {word}"))),
        );
    }
    assert!(pairs.len() > 1_000);
    assert_eq!(shares(&app, &pairs).await.1, 100.0);
}

#[tokio::test]
async fn title_with_one_wrong_letter_finds_its_movie() {
    let (app, movies) = seed().await;
    let changed = |movie: &Movie, change: fn(&mut Vec<char>, usize)| {
        let mut letters: Vec<_> = movie.name.chars().collect();
        let is_inside = |at: &usize| letters[at - 1..=*at].iter().all(|c| c.is_alphanumeric());
        let places: Vec<_> = (1..letters.len()).filter(is_inside).collect();
        let at = *places.get(places.len() / 2)?;
        change(&mut letters, at);
        Some(letters.into_iter().collect::<String>())
    };
    let changes: [fn(&mut Vec<char>, usize); 4] = [
        |letters, at| letters[at] = 'x',
        |letters, at| {
            letters.remove(at);
        },
        |letters, at| letters.insert(at, 'q'),
        |letters, at| letters.swap(at - 1, at),
    ];
    for change in changes {
        let (first, page) = shares(&app, &texts(&movies, |movie| changed(movie, change))).await;
        assert!(first > 95.0 && page >= 97.0, "{first} {page}");
    }
}

#[tokio::test]
async fn first_letters_of_a_title_find_it() {
    let (app, movies) = seed().await;
    for (letters, least) in [(3, 80.0), (5, 99.0), (8, 100.0)] {
        let start = |movie: &Movie| Some(movie.name.chars().take(letters).collect::<String>());
        let (_, page) = shares(&app, &texts(&movies, start)).await;
        assert!(page >= least, "{letters} letters: {page}");
    }
    let total = async |text: &str| -> Value {
        app.get(&format!("{PATH}?q={text}")).await.json()["total_items"].clone()
    };
    assert!(total("the").await.as_i64() > total("the+go").await.as_i64());
}
