//! Invalid rows: the importer rejects and describes them.

use serde_json::{Value, json};

use super::{csv, everything, import, row};
use crate::support::App;

#[tokio::test]
async fn import_rejects_rows_beyond_every_bound() {
    let app = App::start().await;
    let too_late = format!("01/01/{}", chrono::Datelike::year(&chrono::Utc::now()) + 2);
    let too_long = "é".repeat(256);
    let in_list = format!("Ann, {too_long}");
    let faults: Vec<(&str, &str, &str)> = vec![
        ("names", "", "Field required"),
        ("names", " \u{a0} ", "Field required"),
        ("names", &too_long, "ééé\"…: String should have at most 255 characters"),
        ("names", "A\0B", "NUL characters are not allowed"),
        ("date_x", "", "Field required"),
        ("date_x", "13/01/2001", "month value is outside expected range of 1-12"),
        ("date_x", "02/30/2001", "day value is outside expected range"),
        ("date_x", "02/29/2023", "day value is outside expected range"),
        ("date_x", "1/5/2001", "MM/DD/YYYY"),
        ("date_x", "01/05/99", "MM/DD/YYYY"),
        ("date_x", "2001/01/05", "MM/DD/YYYY"),
        ("date_x", "2001-01-05T00:00", "MM/DD/YYYY"),
        ("date_x", "+1/05/2001", "MM/DD/YYYY"),
        ("date_x", "éé/é1/2001", "MM/DD/YYYY"),
        ("date_x", "٠١/٠٥/٢٠٠١", "MM/DD/YYYY"),
        ("date_x", "01/01/0000", "year 0 is out of range"),
        ("date_x", "0000-12-31", "year 0 is out of range"),
        ("date_x", &too_late, "The year in 'date' cannot be greater than"),
        ("score", "", "Field required"),
        ("score", "100.01", "less than or equal to 100"),
        ("score", "-1", "greater than or equal to 0"),
        ("score", "nan", "\"nan\": Input should be a valid number, unable to parse"),
        ("score", "good", "\"good\": Input should be a valid number, unable to parse"),
        ("score", "8,5", "\"8,5\": Input should be a valid number, unable to parse"),
        ("genre", &in_list, "ééé\"…: String should have at most 255 characters"),
        ("genre", "Crime, A\0", "\"A\\0\": Value error, NUL"),
        ("overview", "A\0", "\"A\\0\": Value error, NUL"),
        ("crew", &in_list, "ééé\"…: String should have at most 255 characters"),
        ("status", "", "Field required"),
        ("status", "released", "'Released', 'Post Production' or 'In Production'"),
        ("status", "Rumored", "\"Rumored\": Input should be 'Released'"),
        ("orig_lang", &too_long, "ééé\"…: String should have at most 255 characters"),
        ("budget_x", "-0.001", "greater than or equal to 0"),
        ("budget_x", "9999999999999.991", "less than or equal to 9999999999999.99"),
        ("budget_x", "10000000000000", "less than or equal to 9999999999999.99"),
        ("budget_x", "1e999999999", "a finite number"),
        ("budget_x", "1e99999999999999", "a finite number"),
        ("budget_x", "NaN", "a valid number"),
        ("budget_x", ".", "a valid number"),
        ("budget_x", "1 000", "a valid number"),
        ("budget_x", "$5", "a valid number"),
        ("revenue", "-1", "greater than or equal to 0"),
        ("revenue", "inf", "a valid number"),
        ("revenue", "1e400", "a finite number"),
        ("revenue", "nan", "a valid number"),
        ("country", "", "Field required"),
        ("country", "U", "at least 2 characters"),
        (
            "country",
            "USAA",
            "\"USAA\": Input should be a country's English name, or a code of 2 or 3 letters",
        ),
        ("country", "U1", "\"U1\": String should match pattern '^[A-Za-z]{2,3}$'"),
        ("country", "é", "at least 2 characters"),
    ];
    let mut rows = vec![row(&[])];
    rows.extend(faults.iter().map(|(column, value, _)| {
        row(&[("names", "Bad"), (*column, *value)][usize::from(*column == "names")..])
    }));
    let answer = import(&app, &csv(&rows)).await.unwrap();
    assert_eq!((&answer["imported"], &answer["rejected"]), (&json!(1), &json!(faults.len())), "{answer}");
    let rejections = answer["rejections"].as_array().unwrap();
    assert_eq!(rejections.len(), faults.len());
    for (number, (rejection, (column, value, reason))) in rejections.iter().zip(&faults).enumerate() {
        assert_eq!(rejection["line"], number + 3, "{value:?}");
        assert_eq!(rejection["field"], *column, "{value:?}");
        let said = rejection["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{value:?}: {said}");
        assert!(said.len() < 200, "{said}");
    }
    assert!(!everything(&app).await.contains("Bad"));
}

#[tokio::test]
async fn import_rejects_rows_with_wrong_column_count() {
    let app = App::start().await;
    let many = format!("x{}", ",".repeat(100_000));
    let file = csv(&["alone", &row(&[]), &(row(&[]) + ",more"), &many, "\"a\nb\",c", " "]);
    let answer = import(&app, &file).await.unwrap();
    let rejection = |line: u64, columns: u64| json!({"line": line, "field": null, "reason": format!("has {columns} columns instead of 12")});
    assert_eq!(
        answer["rejections"],
        json!([rejection(2, 1), rejection(4, 13), rejection(5, 100_001), rejection(6, 2)])
    );
    assert_eq!(answer["imported"], 1);
}

#[tokio::test]
async fn import_counts_all_and_describes_100_rejected_rows() {
    let app = App::start().await;
    let mut rows = vec![row(&[("score", "x")]); 250];
    rows.push(row(&[]));
    let answer = import(&app, &csv(&rows)).await.unwrap();
    assert_eq!(
        (&answer["rows"], &answer["rejected"], &answer["imported"]),
        (&json!(251), &json!(250), &json!(1))
    );
    let lines: Vec<&Value> =
        answer["rejections"].as_array().unwrap().iter().map(|rejection| &rejection["line"]).collect();
    assert_eq!(lines, (2..102).map(Value::from).collect::<Vec<_>>().iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn strict_import_stores_all_rows_or_none() {
    let app = App::start().await;
    let before = everything(&app).await;
    let good = row(&[]);
    let file =
        csv(&[&good, &row(&[("names", "Bad"), ("country", "?")]), "short", &row(&[("names", "Good")])]);
    let strict = json!({"command": "import", "source": file.path(), "strict": true});
    let error = app.invoke("Manage", strict).await.unwrap_err();
    for part in [
        "2 of 4 rows are rejected, so nothing is stored",
        "line 3, country: \"?\": String should have at least 2 characters",
        "line 4: the row has 1 columns",
    ] {
        assert!(error.error_message.contains(part), "{error:?}");
    }
    assert_eq!(everything(&app).await, before);

    let many = csv(&vec!["short"; 1000]);
    let strict = json!({"command": "import", "source": many.path(), "strict": true});
    let error = app.invoke("Manage", strict).await.unwrap_err();
    assert!(error.error_message.contains("1000 of 1000") && error.error_message.len() < 1000, "{error:?}");

    let whole = csv(&[good]);
    let strict = json!({"command": "import", "source": whole.path(), "strict": true});
    assert_eq!(app.invoke("Manage", strict).await.unwrap()["imported"], 1);
}
