//! Compresses the files that the functions `pages` and `docs` serve: the pages, with styles and scripts inline, and
//! Swagger UI. Also computes the entity tags and hashes for their headers. Derives the list of common passwords.

#[path = "shared/models/password/common/derive.rs"]
mod derive;

use std::{
    borrow::Cow,
    env, fs,
    io::{Cursor, Read, Write},
    path::Path,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const PAGES: &str = "functions/web/pages";
const DOCS: &str = "functions/web/docs";
const COMMON_PASSWORDS: &str = "shared/models/password/common";

fn main() {
    // The macro of sqlx that embeds the migrations cannot watch their folder for new files.
    println!("cargo::rerun-if-changed=migrations");
    for (folder, page) in [
        (PAGES, "catalogue.html"),
        (PAGES, "account.html"),
        (PAGES, "activate.html"),
        (PAGES, "reset_password.html"),
        (DOCS, "docs.html"),
    ] {
        let text = with_files_inline(folder, page);
        compress(page, text.as_bytes());
        write(&format!("{page}.scripts"), hashes(&text, "script").as_bytes());
        write(&format!("{page}.styles"), hashes(&text, "style").as_bytes());
    }
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).expect("the crate holds an archive");
    let names: Vec<_> = archive.file_names().flatten().map(Cow::into_owned).collect();
    for file in ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE"] {
        // The archive has one folder, named after the version.
        let is_wanted = |name: &&String| name.split_once('/').is_some_and(|(_, path)| path == file);
        let name = names.iter().find(is_wanted).expect("Swagger UI has this file");
        let mut content = Vec::new();
        let mut entry = archive.by_name(name).expect("the archive has what it lists");
        entry.read_to_end(&mut content).expect("the archive is whole");
        compress(file.trim_start_matches("dist/"), &content);
    }
    common_passwords();
}

/// Writes the set of common passwords.
fn common_passwords() {
    let [words, more] = ["words.txt", "more.txt"].map(|file| source(COMMON_PASSWORDS, file));
    let [words, more] = [&words, &more].map(|text| text.lines().collect::<Vec<_>>());
    println!("cargo::rerun-if-changed={COMMON_PASSWORDS}/derive.rs");
    let set = fst::Set::from_iter(derive::passwords(&words, &more)).expect("they are sorted");
    write("common_passwords.fst", set.as_fst().as_bytes());
}

/// Returns the page with every style sheet and script inline.
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

/// Returns the hashes of every `<tag>…</tag>` in `page` for a content security policy
/// ([CSP, section 2.3.1](https://www.w3.org/TR/CSP3/#framework-directive-source-list)).
fn hashes(page: &str, tag: &str) -> String {
    let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
    let blocks = page.split(&start).skip(1).filter_map(|rest| rest.split_once(&end));
    let hash = |(block, _): (&str, &str)| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(block)));
    blocks.map(hash).collect::<Vec<_>>().join(" ")
}

/// Writes `<name>.gz`, and its entity tag as `<name>.tag`.
fn compress(name: &str, content: &[u8]) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory takes every write");
    let compressed = encoder.finish().expect("memory takes every write");
    write(&format!("{name}.tag"), URL_SAFE_NO_PAD.encode(&Sha256::digest(&compressed)[..12]).as_bytes());
    write(&format!("{name}.gz"), &compressed);
}

/// Writes a file to the folder that the functions include files from.
fn write(name: &str, content: &[u8]) {
    let path = Path::new(&env::var("OUT_DIR").expect("Cargo sets it")).join(name);
    fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
