//! Compresses the pages that the function `pages` serves, with their styles and scripts put into them.

use std::{env, fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};

const PAGES: &str = "functions/operations/pages";

fn main() {
    for page in ["catalogue.html", "activate.html", "reset_password.html"] {
        compress(page, with_files_inline(PAGES, page).as_bytes());
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
