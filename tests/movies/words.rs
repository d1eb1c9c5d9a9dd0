//! What the words of a search find.

use serde_json::json;

use super::{PATH, created, open, patch, with};
use crate::support::App;

/// Starts the API with movies of these names and overviews, created in this order.
async fn catalogue(movies: &[(&str, &str)]) -> App {
    let app = open().await;
    for (number, (name, overview)) in movies.iter().enumerate() {
        let fields = json!({"overview": overview, "date": format!("{}-01-01", 1990 + number)});
        created(&app, with(name, fields)).await;
    }
    app
}

/// Returns the names that a search finds, in order.
async fn found(app: &App, text: &str) -> Vec<String> {
    let query: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let reply = app.get(&format!("{PATH}?per_page=20&q={query}")).await;
    if reply.status == 404 {
        return Vec::new();
    }
    assert_eq!(reply.status, 200, "{text}: {}", reply.text());
    let page = reply.json();
    let movies = page["movies"].as_array().expect("a list");
    assert_eq!(page["total_items"], movies.len(), "{text}");
    movies.iter().map(|movie| movie["name"].as_str().expect("a name").to_owned()).collect()
}

async fn assert_found(app: &App, cases: &[(&str, &[&str])]) {
    for (text, names) in cases {
        assert_eq!(found(app, text).await, *names, "{text}");
    }
}

#[tokio::test]
async fn words_are_in_name_and_overview_in_any_mix() {
    let app = catalogue(&[
        ("Inception", "A thief steals dreams."),
        ("Dreams", "The inception of an idea."),
        ("Heat", "A thief."),
    ])
    .await;
    assert_found(
        &app,
        &[
            ("inception dreams", &["Dreams", "Inception"]),
            ("thief inception", &["Inception"]),
            ("thief heat dreams", &[]),
            ("DREAM", &["Dreams", "Inception"]),
            ("stealing thieves inception", &[]),
            ("stealing inception", &["Inception"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn accents_case_and_punctuation_do_not_count() {
    let app = catalogue(&[
        ("Amélie", "The plumbers—and their father’s café."),
        ("Face/Off", "U.S. agents."),
        ("Star Wars: Episode VI - Return of the Jedi", "“Luke” returns."),
        ("WALL·E", "A robot."),
        ("8½", "A director."),
        ("千と千尋の神隠し", "A bath-house."),
        ("Don't Look Up", "A comet."),
        ("Straße", "ŁÓDŹ"),
    ])
    .await;
    assert_found(
        &app,
        &[
            ("amelie", &["Amélie"]),
            ("AME\u{301}LIE", &["Amélie"]),
            ("fathers plumbers", &["Amélie"]),
            ("father's cafe and", &["Amélie"]),
            ("face off", &["Face/Off"]),
            ("faceoff", &["Face/Off"]),
            ("face-off", &["Face/Off"]),
            ("us agents", &["Face/Off"]),
            ("Star Wars: Episode VI - Return of the Jedi", &["Star Wars: Episode VI - Return of the Jedi"]),
            ("luke", &["Star Wars: Episode VI - Return of the Jedi"]),
            ("wall-e", &["WALL·E"]),
            ("walle", &["WALL·E"]),
            ("8 1/2", &["8½"]),
            ("千尋", &["千と千尋の神隠し"]),
            ("bathhouse", &["千と千尋の神隠し"]),
            ("dont look up", &["Don't Look Up"]),
            ("don’t look", &["Don't Look Up"]),
            ("strasse lodz", &["Straße"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn last_word_is_also_a_beginning() {
    let app = catalogue(&[
        ("Spirited Away", "A girl works in a bathhouse."),
        ("Up", "A house flies."),
        ("Awake", "Spirited and girlish."),
    ])
    .await;
    assert_found(
        &app,
        &[
            ("spirited aw", &["Spirited Away", "Awake"]),
            ("spir", &["Spirited Away", "Awake"]),
            ("spi", &["Spirited Away"]),
            ("gir", &[]),
            ("girl", &["Awake", "Spirited Away"]),
            ("u", &["Up"]),
            ("aw spirited", &[]),
            ("\"spirited aw\"", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn phrase_and_exclusion_read_both_texts() {
    let app = catalogue(&[
        ("Heat", "Two killers are running from the police."),
        ("The Killer", "An assassin; the heat is on."),
        ("Killers Two", "Nothing."),
    ])
    .await;
    assert_found(
        &app,
        &[
            ("\"two killers\"", &["Heat"]),
            ("\"Killers, two!\"", &["Killers Two"]),
            ("\"killers two killers\"", &[]),
            ("\"heat two\"", &[]),
            ("killer -heat", &["Killers Two"]),
            ("killer -police", &["Killers Two", "The Killer"]),
            ("killer -\"two killers\"", &["Killers Two", "The Killer"]),
            ("killer - heat", &["The Killer", "Heat"]),
            ("-killer", &[]),
            ("-police", &["Killers Two", "The Killer"]),
            ("-", &[]),
            ("heat or killer", &[]),
            ("-heat -nothing", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn phrases_ignore_apostrophes() {
    let app = catalogue(&[
        ("Pan's Maze", "A girl meets a faun."),
        ("Dont Look Back", "The d´oeuvre of a critic."),
        ("Rosemary´s Child", ""),
    ])
    .await;
    assert_found(
        &app,
        &[
            ("\"pans maze\"", &["Pan's Maze"]),
            ("\"pan´s maze\"", &["Pan's Maze"]),
            ("faun -\"pans maze\"", &[]),
            ("maze -pan´s", &[]),
            ("\"don’t look back\"", &["Dont Look Back"]),
            ("critic -\"don’t look\"", &[]),
            ("doeuvre", &["Dont Look Back"]),
            ("\"rosemary's child\"", &["Rosemary´s Child"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn names_come_in_four_classes_each_newest_first() {
    let app = catalogue(&[
        ("Heat", ""),
        ("City of Heat", ""),
        ("Cold", "The heat is on."),
        ("Heatwave", ""),
        ("Heat", ""),
        ("The Heat", ""),
        ("Heat and Dust", ""),
        ("Ice", "Heat!"),
    ])
    .await;
    let names = ["Heat", "Heat", "Heat and Dust", "Heatwave", "The Heat", "City of Heat", "Ice", "Cold"];
    assert_found(&app, &[("heat", &names)]).await;
    let mut walked = Vec::new();
    let mut path = Some(format!("{PATH}?q=heat&per_page=3"));
    while let Some(next) = path {
        let reply = app.get(&next).await;
        let page = reply.json();
        walked.extend(page["movies"].as_array().unwrap().iter().map(|movie| movie["name"].clone()));
        path = page["next_page"].as_str().map(|path| format!("/api/v1{path}"));
    }
    assert_eq!(walked, names);
}

#[tokio::test]
async fn misspelt_names_are_found_where_nothing_else_is() {
    let app = catalogue(&[
        ("Amélie", "A waitress."),
        ("The Godfather", "A family."),
        ("Heat", "A thief."),
        ("Heart", "A doctor."),
    ])
    .await;
    assert_found(
        &app,
        &[
            ("amelei", &["Amélie"]),
            ("amlie", &["Amélie"]),
            ("ammelie", &["Amélie"]),
            ("teh godfathr", &["The Godfather"]),
            ("godfater family", &["The Godfather"]),
            ("heet", &["Heat"]),
            ("heatt", &["Heart", "Heat"]),
            ("heat", &["Heat"]),
            ("waitres", &["Amélie"]),
            ("waitrss", &[]),
            ("godfather heet", &[]),
        ],
    )
    .await;
    let found = app.get(&format!("{PATH}?q=amelei&genre=drama")).await;
    assert_eq!(found.json()["total_items"], 1);
    assert_eq!(app.get(&format!("{PATH}?q=heat&genre=western")).await.status, 404);
    assert_eq!(app.get(&format!("{PATH}?q=heat&page=2")).await.status, 404);
}

#[tokio::test]
async fn changed_movie_is_found_by_its_new_words() {
    let app = catalogue(&[("Heat", "A thief.")]).await;
    let id = app.get(PATH).await.json()["movies"][0]["id"].as_i64().unwrap();
    assert_eq!(patch(&app, id, json!({"name": "Cold"})).await.status, 200);
    assert_found(&app, &[("heat", &[]), ("cold thief", &["Cold"]), ("cald", &["Cold"])]).await;
    assert_eq!(patch(&app, id, json!({"overview": "A doctor."})).await.status, 200);
    assert_found(&app, &[("thief", &[]), ("cold doctor", &["Cold"])]).await;
    assert_eq!(patch(&app, id, json!({"name": "Ice", "overview": "A nurse."})).await.status, 200);
    assert_found(&app, &[("doctor", &[]), ("ice nurse", &["Ice"])]).await;
    assert_eq!(patch(&app, id, json!({"score": 1})).await.status, 200);
    assert_found(&app, &[("ice nurse", &["Ice"])]).await;
    // What a release without the search changes is not found by the words that it had.
    sqlx::query("UPDATE movies SET name = 'Water'").execute(&mut app.db().await).await.unwrap();
    assert_found(&app, &[("ice", &[]), ("nurse", &[])]).await;
}

#[tokio::test]
async fn patches_at_once_leave_the_words_of_what_is_stored() {
    let app = catalogue(&[("Name 0", "Overview 0")]).await;
    let id = app.get(PATH).await.json()["movies"][0]["id"].as_i64().unwrap();
    for number in 1..=10 {
        let name = patch(&app, id, json!({"name": format!("Name {number}")}));
        let overview = patch(&app, id, json!({"overview": format!("Overview {number}")}));
        let (name, overview) = tokio::join!(name, overview);
        assert_eq!((name.status.as_u16(), overview.status.as_u16()), (200, 200));
        let names = [format!("Name {number}")];
        assert_eq!(found(&app, &format!("\"name {number}\" \"overview {number}\"")).await, names);
    }
}
