//! Compresses what the functions `pages` and `docs` serve: pages, with their styles and scripts put into them,
//! and the files of Swagger UI.

use std::{
    borrow::Cow,
    env, fs,
    io::{Cursor, Read, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const PAGES: &str = "functions/operations/pages";
const DOCS: &str = "functions/operations/docs";

fn main() {
    for (folder, page) in [
        (PAGES, "catalogue.html"),
        (PAGES, "activate.html"),
        (PAGES, "reset_password.html"),
        (DOCS, "docs.html"),
    ] {
        compress(page, with_files_inline(folder, page).as_bytes());
    }
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).expect("the crate holds an archive");
    let names: Vec<_> = archive.file_names().flatten().map(Cow::into_owned).collect();
    for file in ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE"] {
        // Everything lies in a folder that is named after the version.
        let is_wanted = |name: &&String| name.split_once('/').is_some_and(|(_, path)| path == file);
        let name = names.iter().find(is_wanted).expect("Swagger UI has this file");
        let mut content = Vec::new();
        let mut entry = archive.by_name(name).expect("the archive has what it lists");
        entry.read_to_end(&mut content).expect("the archive is whole");
        compress(file.trim_start_matches("dist/"), &content);
    }
}

/// The page with the content of every style sheet and script in place of its name.
fn with_files_inline(folder: &str, page: &str) -> String {
    let mut text = source(folder, page);
    for (before, after, tag) in [
        (r#"<link rel="stylesheet" href=""#, r#"">"#, "style"),
        (r#"<script src=""#, r#""></script>"#, "script"),
    ] {
        while let Some((start, rest)) = text.split_once(before) {
            let (file, end) = rest.split_once(after).unwrap_or_else(|| panic!("{page}: {before} has no end"));
            let content = source(folder, file);
            assert!(!content.contains("</"), "{file}: a closing tag would end the {tag} that holds it");
            text = format!("{start}<{tag}>\n{content}</{tag}>{end}");
        }
    }
    text
}

fn source(folder: &str, file: &str) -> String {
    let path = format!("{folder}/{file}");
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Writes `<name>.gz` to where the functions include it from.
fn compress(name: &str, content: &[u8]) {
    let path = Path::new(&env::var("OUT_DIR").expect("Cargo sets it")).join(format!("{name}.gz"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory takes every write");
    let compressed = encoder.finish().expect("memory takes every write");
    fs::write(&path, compressed).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
