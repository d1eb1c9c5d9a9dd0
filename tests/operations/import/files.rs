//! Files that are invalid as a whole: the importer describes the error and stores nothing.

use serde_json::json;

use super::{HEADER, everything, file, import, row};
use crate::support::App;

#[tokio::test]
async fn import_fails_for_files_without_catalogue() {
    let app = App::start().await;
    let before = everything(&app).await;
    let good = row(&[]);
    let start = format!("{HEADER}\n{good}\n");
    let too_long = format!("{start}\"{}\n{good}\n", "x".repeat(2 << 20));
    let files: Vec<(Vec<u8>, &str)> = vec![
        (b"".into(), "it is empty"),
        (b"\xef\xbb\xbf\r\n\n".into(), "it is empty"),
        (good.clone().into(), "its header lacks the columns \"names\", \"date_x\", "),
        (HEADER.replace("country", "land").into(), "its header lacks the column \"country\""),
        (HEADER.replace("country", "names").into(), "the column \"names\" twice"),
        ([start.as_bytes(), b"\xff\n"].concat(), "the row on line 3 is not UTF-8"),
        (
            [start.as_bytes(), good.replace("A thief.", "A th\u{e9}").as_bytes(), b"\xc3,\xa9\n"].concat(),
            "the row on line 3 is not UTF-8",
        ),
        (
            HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "it is UTF-16 without a byte-order mark",
        ),
        ([b"\xff\xfe".as_slice(), HEADER.as_bytes()].concat(), "the row on line 1 is not UTF-8"),
        (format!("{start}\"Heat").into(), "ends inside the quotation marks that the row on line 3 opens"),
        (
            format!("{start}{}", &good[..good.len() - 2]).into(),
            "ends inside the quotation marks that the row on line 3 opens",
        ),
        (format!("{start}Heat,12/15/1995,83").into(), "ends in the middle of the row on line 3"),
        (too_long.into(), "the row on line 3 is longer than 1 MiB"),
    ];
    for (bytes, sentence) in files {
        let file = file(bytes);
        let error = import(&app, &file).await.unwrap_err();
        let message = error.error_message;
        assert!(message.contains(sentence), "{sentence}: {message}");
        assert!(message.starts_with(file.path().to_str().unwrap()), "{message}");
        assert!(message.ends_with("Nothing is stored."), "{message}");
        assert_eq!(everything(&app).await, before, "{sentence}");
    }
    assert_eq!(app.environments("Manage"), 1);
    assert_eq!(import(&app, &file(start)).await.unwrap()["imported"], 1);
}

#[tokio::test]
async fn import_of_header_only_file_adds_nothing() {
    let app = App::start().await;
    let answer = import(&app, &file(HEADER)).await.unwrap();
    assert_eq!((&answer["rows"], &answer["imported"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn import_fails_for_path_that_is_not_a_file() {
    let app = App::start().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.csv");
    for (path, sentence) in [
        (missing.to_str().unwrap(), "No such file"),
        (folder.path().to_str().unwrap(), "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("/etc/passwd/movies.csv", "Not a directory"),
    ] {
        let event = json!({"command": "import", "source": path});
        let message = app.invoke("Manage", event).await.unwrap_err().error_message;
        assert!(message.contains(sentence) && message.contains(path), "{message}");
    }
}
