//! Kinds of files that people have, and what an import says of each.

use serde_json::{Value, json};

use super::{HEADER, csv, everything, file, import, row};
use crate::support::{App, runtime::FunctionError};

/// Returns a header and one row with these lists and this delimiter.
fn separated(delimiter: &str, header: &str, [genres, actors, languages]: [&str; 3]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let values =
        ["Heat", "1995-12-15", "83", genres, "A thief.", actors, "Released", languages, "6e7", "1", "US"];
    let header = header.replace(',', delimiter);
    format!("{header}\n{}\n", values.map(quoted).join(delimiter))
}

/// The names that people's copies have, in the order of [`separated`].
const OTHER_NAMES: &str =
    "Title,Release Date,Score,Genres,Description,Cast,Status,Languages,Budget,Revenue,Country";

/// Lists of one actor each, as commas write them.
const SIMPLE: [&str; 3] = ["Crime, Drama", "Al Pacino", "English"];

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

/// Returns the names on the lists of the only movie.
async fn lists(app: &App) -> [Vec<String>; 3] {
    let movies = app.get("/api/v1/theater/movies/").await.json();
    assert_eq!(movies["total_items"], 1, "{movies}");
    let movie = app.get(&format!("/api/v1/theater/movies/{}/", movies["movies"][0]["id"])).await.json();
    let names =
        |list: &str| movie[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().into());
    ["genres", "actors", "languages"].map(|list| names(list).collect())
}

/// Returns the report of an import in one line.
fn said(outcome: &Result<Value, FunctionError>) -> String {
    match outcome {
        Err(error) => error
            .error_message
            .split_once(" cannot be read: ")
            .map_or(&*error.error_message, |(_, end)| end)
            .into(),
        Ok(answer) => {
            let format = &answer["format"];
            let mut said =
                format!("{} of {} rows; {}", answer["imported"], answer["rows"], format["encoding"]);
            said += &format!(", {}, lists {}", format["delimiter"], format["lists"]);
            for member in ["ignored", "rejections"]
                .iter()
                .filter(|member| **member == "rejections" || format[**member] != json!([]))
            {
                let value = if *member == "ignored" { &format[*member] } else { &answer[*member] };
                if *value != json!([]) {
                    said += &format!("; {member} {value}");
                }
            }
            said
        }
    }
}

/// Imports a file of this kind into an empty catalogue, and prints the row of a table about it.
async fn imported(app: &App, kind: &str, bytes: Vec<u8>) -> Result<Value, FunctionError> {
    let outcome = import(app, &file(bytes)).await;
    println!("| {kind} | {} |", said(&outcome).replace('|', "\\|"));
    outcome
}

#[tokio::test]
async fn readable_files_are_imported() {
    let plain = separated(",", OTHER_NAMES, SIMPLE);
    let other = |lists| separated(",", OTHER_NAMES, lists);
    let accents = with_accents(&plain);
    let (good, bad) = (row(&[]), row(&[("score", "x")]));
    let [commas, two] =
        [["Crime", "Drama"], ["Al Pacino", "Robert De Niro"]].map(|names| names.map(String::from));
    let cases: Vec<(&str, Vec<u8>, Value)> = vec![
        ("our own", csv_bytes(&[&good]), json!({"imported": 1})),
        (
            "names of people's copies",
            plain.clone().into(),
            json!({"imported": 1, "columns": {"names": "Title", "crew": "Cast"}}),
        ),
        (
            "capitals and blanks in the header",
            plain.replace("Title", "  NAMES ").into(),
            json!({"imported": 1, "columns": {"names": "NAMES"}}),
        ),
        (
            "further columns",
            format!("{HEADER},imdb_id,\n{good},tt1,\n").into(),
            json!({"imported": 1, "ignored": ["imdb_id", "column 14"]}),
        ),
        ("semicolons", separated(";", OTHER_NAMES, SIMPLE).into(), json!({"imported": 1, "delimiter": ";"})),
        ("tabs", separated("\t", OTHER_NAMES, SIMPLE).into(), json!({"imported": 1, "delimiter": "\t"})),
        ("bars", separated("|", OTHER_NAMES, SIMPLE).into(), json!({"imported": 1, "delimiter": "|"})),
        (
            "UTF-8 with a mark",
            format!("\u{feff}{accents}").into(),
            json!({"imported": 1, "encoding": "UTF-8"}),
        ),
        (
            "UTF-16, little-endian",
            utf16(&format!("\u{feff}{accents}"), u16::to_le_bytes),
            json!({"imported": 1, "encoding": "UTF-16"}),
        ),
        (
            "UTF-16, big-endian",
            utf16(&format!("\u{feff}{accents}"), u16::to_be_bytes),
            json!({"imported": 1, "encoding": "UTF-16"}),
        ),
        (
            "only carriage returns",
            format!("{HEADER}\r{good}\r{bad}\r").into(),
            json!({"imported": 1, "rejected": 1, "line": 3}),
        ),
        (
            "lists with bars",
            other(["Crime|Drama", "Al Pacino|Robert De Niro", "Spanish, Castilian"]).into(),
            json!({"imported": 1, "lists": {"Genres": "bars"}, "genres": commas, "actors": two}),
        ),
        (
            "lists of Python",
            other(["['Crime', 'Drama']", "['Al Pacino', \"Robert De Niro\"]", "[]"]).into(),
            json!({"imported": 1, "lists": {"Genres": "brackets"}, "genres": commas, "actors": two}),
        ),
        (
            "lists of JSON",
            other([r#"["Crime", "Drama"]"#, r#"["Al Pacino", "Robert De Niro"]"#, "[]"]).into(),
            json!({"imported": 1, "genres": commas, "actors": two}),
        ),
        (
            "lists of objects",
            other([
                r#"[{"id": 1, "name": "Crime"}, {"id": 2, "name": "Drama"}]"#,
                "[{'name': 'Al Pacino', 'order': 0}, {'name': 'Robert De Niro'}]",
                "[]",
            ])
            .into(),
            json!({"imported": 1, "genres": commas, "actors": two}),
        ),
        (
            "repeated items",
            other(["Crime, CRIME,Drama, crime ,Crime", "Al Pacino, AL PACINO, Robert De Niro", ""]).into(),
            json!({"imported": 1, "genres": commas}),
        ),
        (
            "a list of another form",
            csv_bytes(&[&good, &row(&[("names", "B"), ("genre", "['Crime']")])]),
            json!({"imported": 1, "rejected": 1, "reason": "\"['Crime']\": Input should be a list with commas, as in the other rows"}),
        ),
        (
            "empty rows at the end",
            format!("{plain}{}\n{}", ",".repeat(10), ",".repeat(10)).into(),
            json!({"imported": 1, "rows": 1}),
        ),
        (
            "a country's name",
            plain.replace("\"US\"", "\"United Kingdom\"").into(),
            json!({"imported": 1, "country": "GB"}),
        ),
        (
            "a country's three letters",
            plain.replace("\"US\"", "\"fra\"").into(),
            json!({"imported": 1, "country": "FR"}),
        ),
    ];
    for (kind, bytes, expected) in cases {
        let app = App::start().await;
        let answer = imported(&app, kind, bytes).await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        for (member, value) in expected.as_object().unwrap() {
            let found = match &**member {
                "imported" | "rejected" | "rows" => answer[member].clone(),
                "line" | "reason" => answer["rejections"][0][member].clone(),
                "genres" => json!(lists(&app).await[0]),
                "actors" => json!(lists(&app).await[1]),
                "country" => {
                    let codes =
                        sqlx::query_scalar::<_, String>("SELECT code FROM countries WHERE name IS NOT NULL");
                    json!(codes.fetch_one(&mut app.db().await).await.unwrap())
                }
                "columns" | "lists" => {
                    let found = &answer["format"][member];
                    value.as_object().unwrap().keys().map(|key| (key.clone(), found[key].clone())).collect()
                }
                _ => answer["format"][member].clone(),
            };
            assert_eq!(found, *value, "{kind}: {member} of {answer}");
        }
    }
}

#[tokio::test]
async fn unreadable_files_are_explained() {
    let plain = separated(",", OTHER_NAMES, SIMPLE);
    let bad = row(&[("score", "x")]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "UTF-16 without a mark",
            utf16(&plain, u16::to_le_bytes),
            "it is UTF-16 without a byte-order mark; save it as UTF-8, in Excel as \"CSV UTF-8\"",
        ),
        (
            "Windows-1252",
            with_accents(&plain).chars().map(|c| if c == 'é' { 0xe9 } else { c as u8 }).collect(),
            "the row on line 2 is not UTF-8; save the file as UTF-8, in Excel as \"CSV UTF-8\"",
        ),
        (
            "a spreadsheet (xlsx)",
            b"PK\x03\x04\x14\0\x06\0".into(),
            "it is a spreadsheet and no CSV; save it as UTF-8 CSV, in Excel as \"CSV UTF-8\"",
        ),
        (
            "an old spreadsheet (xls)",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0".into(),
            "it is a spreadsheet and no CSV",
        ),
        ("gzip", b"\x1f\x8b\x08\0".into(), "it is compressed; unpack it first"),
        (
            "several missing columns",
            b"names,date,overview,cast,status,land\n".into(),
            "its header lacks the columns \"score\", \"genre\", \"orig_lang\", \"budget_x\", \"revenue\", \"country\"; unknown columns: land",
        ),
        (
            "no good row",
            csv_bytes(&[&bad, &bad]),
            "2 of 2 rows are rejected, so nothing is stored: line 2, score: \"x\"",
        ),
        (
            "a page of the web",
            b"<!DOCTYPE html>\n<title>Not found</title>\n".into(),
            "its header lacks the columns \"names\", ",
        ),
        ("cut in the middle", plain[..plain.len() - 9].into(), "it ends in"),
    ];
    for (kind, bytes, sentence) in cases {
        let app = App::start().await;
        let before = everything(&app).await;
        let error = imported(&app, kind, bytes).await.expect_err(kind);
        assert!(error.error_message.contains(sentence), "{kind}: {error:?}");
        assert_eq!(everything(&app).await, before, "{kind}");
    }
}

fn with_accents(text: &str) -> String {
    text.replace("Heat", "Amélie 🎬").replace("Al Pacino", "Léa Seydoux")
}

fn csv_bytes(rows: &[&String]) -> Vec<u8> {
    std::fs::read(csv(rows).path()).unwrap()
}

#[tokio::test]
async fn spelling_that_a_file_has_most_is_stored() {
    let app = App::start().await;
    let spellings = ["LEONARDO DICAPRIO", "Leonardo DiCaprio", "Leonardo DiCaprio", "leonardo dicaprio"];
    let rows: Vec<_> = spellings
        .iter()
        .enumerate()
        .map(|(number, name)| row(&[("names", &format!("{number}")), ("crew", name)]))
        .collect();
    assert_eq!(import(&app, &csv(&rows)).await.unwrap()["imported"], 4);
    let actors = app.get("/api/v1/theater/actors/").await.json();
    assert_eq!(
        actors["actors"],
        json!([{"id": actors["actors"][0]["id"], "name": "Leonardo DiCaprio", "movies": 4}])
    );
    // A spelling that is stored stays.
    let again = csv(&[row(&[
        ("names", "5"),
        ("crew", "LEONARDO DI\u{301}CAPRIO, leonardo DICAPRIO"),
        ("genre", "CRIME"),
    ])]);
    import(&app, &again).await.unwrap();
    let actors = app.get("/api/v1/theater/actors/").await.json();
    let names: Vec<_> =
        actors["actors"].as_array().unwrap().iter().map(|one| (&one["name"], &one["movies"])).collect();
    assert_eq!(names, [(&json!("Leonardo DiCaprio"), &json!(5)), (&json!("LEONARDO DÍCAPRIO"), &json!(1))]);
    assert_eq!(app.get("/api/v1/theater/genres/").await.json()["genres"][0]["name"], "Crime");
}

#[tokio::test]
async fn dry_run_answers_as_an_import_and_stores_nothing() {
    let app = App::start().await;
    import(&app, &csv(&[row(&[])])).await.unwrap();
    let before = everything(&app).await;
    let rows =
        [row(&[]), row(&[("names", "B"), ("crew", "Somebody New")]), row(&[("names", "C"), ("score", "x")])];
    let file = csv(&rows);
    let mut event = json!({"command": "import", "source": file.path(), "dry_run": true});
    let mut dry = app.invoke("Manage", event.clone()).await.unwrap();
    assert_eq!((&dry["dry_run"], &dry["imported"], &dry["rejected"]), (&json!(true), &json!(1), &json!(1)));
    assert_eq!(everything(&app).await, before);
    event["dry_run"] = json!(false);
    let answer = app.invoke("Manage", event).await.unwrap();
    dry["dry_run"] = json!(false);
    assert_eq!(dry, answer);
}

#[tokio::test]
async fn progress_has_rows_and_percent() {
    let app = App::start().await;
    import(&app, &csv(&[row(&[])])).await.unwrap();
    let lines = app.lines();
    let progress =
        lines.iter().find(|line| line["message"] == "storing actors_movies").expect("it is logged");
    assert_eq!((&progress["rows"], &progress["percent"]), (&json!(1), &json!(100)));
}
