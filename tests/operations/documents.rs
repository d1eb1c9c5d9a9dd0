//! Names in the documentation: what pages name exists, and so do the pages that other files name. rumdl checks the links.

use std::{collections::BTreeMap, fs, sync::LazyLock};

use regex::{Captures, Regex};

/// The most lines of a page, and words of a paragraph.
const LINES: usize = 150;
const WORDS: usize = 120;

/// What git ignores, and its own folder.
static IGNORED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    include_str!("../../.gitignore")
        .split_whitespace()
        .map(|line| line.trim_matches('/'))
        .chain([".git"])
        .collect()
});

/// The texts of all files by their paths.
static FILES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| read(""));

fn read(folder: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(xtask::root().join(folder)).unwrap().map(Result::unwrap);
    let entries = entries.filter(|entry| !IGNORED.contains(&&*entry.file_name().to_string_lossy()));
    let files = entries.flat_map(|entry| {
        let path = format!("{folder}{}", entry.file_name().display());
        if entry.file_type().unwrap().is_dir() {
            read(&format!("{path}/"))
        } else {
            BTreeMap::from([(path, String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned())])
        }
    });
    files.collect()
}

/// Names in Markdown: a pattern, the files that define the names, and how those files write one.
static NAMES: LazyLock<[(Regex, &str, &str); 4]> = LazyLock::new(|| {
    let variables = r"(?:[A-Z_]+=(?:'[^']*'|\S+) )*";
    let make = format!(r"(?:`|\$ |&& ){variables}make {variables}([a-z][\w-]*)");
    [
        (regex(&make), "Makefile", "\n{}:"),
        (regex(r#""command\\*": ?\\*"([\w-]+)"#), "functions/jobs/manage/command.rs", "\"{}\""),
        (regex(r"\bcargo .*--(?:bench|bin|test) (\w+)"), "Cargo.toml tests/Cargo.toml", "name = \"{}\""),
        (regex(r"(?:`|\$ )cargo ([a-z]+)"), "Makefile .github/workflows/checks.yml", "cargo {}"),
    ]
});

/// A filter of `cargo test`.
static TEST: LazyLock<Regex> = LazyLock::new(|| regex(r"\bcargo test (?:--test api )?([a-z]\w*)"));

/// A path from the root, without placeholders such as `<name>`. Bold paths are of files that the reader creates.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    let folders: Vec<_> =
        FILES.keys().filter_map(|path| Some(regex::escape(path.split_once('/')?.0))).collect();
    regex(&format!(r"(?:^|[^\w/.*-])((?:{})/[\w./-]*\w)", folders.join("|")))
});

/// The name of a file in code or HTML, which may be relative to any folder.
static FILE: LazyLock<Regex> = LazyLock::new(|| {
    let ends = "bash|csv|html|json|jsonl|lock|md|py|rs|sh|sql|toml|txt|yaml|yml";
    regex(&format!(r#"(?:`([\w-][\w/.-]*\.(?:{ends}))`|\b(?:href|src)="([^":\#]+)["\#])"#))
});

/// A page in any other file, perhaps with an anchor.
static PAGE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:^|[^\w/.-])(docs/[\w/-]+\.md)(?:#([\w-]+))?"));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a regular expression")
}

/// Returns what all matches of the pattern have in their first group.
fn names<'a>(pattern: &Regex, line: &'a str) -> Vec<&'a str> {
    let first = |found: Captures<'a>| found.iter().skip(1).flatten().next().map(|name| name.as_str());
    pattern.captures_iter(line).filter_map(first).collect()
}

/// Returns the errors in a line of a page.
fn in_page(page: &str, line: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !line.starts_with('|') && line.split_whitespace().count() > WORDS {
        faults.push(format!("the paragraph has more than {WORDS} words"));
    }
    for (pattern, files, form) in &*NAMES {
        let defined: String = files.split(' ').map(|file| &*FILES[file]).collect();
        let unknown =
            names(pattern, line).into_iter().filter(|name| !defined.contains(&form.replace("{}", name)));
        faults.extend(unknown.map(|name| format!("{files} has no {name}")));
    }
    let is_test = |name: &str| FILES.keys().any(|path| path.starts_with("tests/") && path.contains(name));
    faults.extend(
        names(&TEST, line)
            .into_iter()
            .filter(|name| !is_test(name))
            .map(|name| format!("tests/ has no {name}")),
    );
    let paths = names(&PATH, line);
    let missing = paths.iter().copied().filter(|path| !xtask::root().join(path).exists());
    let missing = missing.chain(names(&FILE, line).into_iter().filter(|file| {
        let is_ignored = IGNORED.contains(&file.split('/').next().unwrap_or_default());
        let is_relative = xtask::root().join(page).with_file_name(file).exists();
        let is_file = FILES.keys().any(|path| format!("/{path}").ends_with(&format!("/{file}")));
        !(paths.contains(file) || is_ignored || is_relative || is_file)
    }));
    faults.extend(missing.map(|path| format!("{path} does not exist")));
    faults
}

/// Returns the errors in a line of any other file.
fn in_file(line: &str) -> Vec<String> {
    let faults = PAGE.captures_iter(line).filter_map(|found| match (FILES.get(&found[1]), found.get(2)) {
        (None, _) => Some(format!("{} does not exist", &found[1])),
        (Some(text), Some(anchor)) if !anchors(text).any(|known| known == anchor.as_str()) => {
            Some(format!("{}#{} is not a heading", &found[1], anchor.as_str()))
        }
        _ => None,
    });
    faults.collect()
}

/// Returns the anchors that GitHub generates for the headings of a page.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings =
        text.lines().filter_map(|line| line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' '));
    headings.map(|heading| regex(r"[^\w\- ]").replace_all(&heading.to_lowercase(), "").replace(' ', "-"))
}

#[test]
fn documentation_names_what_exists() {
    let mut faults = Vec::new();
    for (path, text) in &*FILES {
        let is_page = path.ends_with(".md");
        if is_page && path.starts_with("docs/") && text.lines().count() > LINES {
            faults.push(format!("{path}: the page has more than {LINES} lines"));
        }
        for (number, line) in text.lines().enumerate() {
            let found = if is_page { in_page(path, line) } else { in_file(line) };
            faults.extend(found.into_iter().map(|fault| format!("{path}:{}: {fault}", number + 1)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn documentation_check_finds_missing_names() {
    for (line, fault) in [
        ("`A=1 make B='x y' gone`, `make dev && make test`, make sure, `cmake gone`", "Makefile has no gone"),
        (
            r#"`"{\"command\":\"gone\"}"`, {"command": "status"}"#,
            "functions/jobs/manage/command.rs has no gone",
        ),
        ("`cargo gone`, `cargo test`", "Makefile .github/workflows/checks.yml has no gone"),
        ("`cargo test --test gone`", "Cargo.toml tests/Cargo.toml has no gone"),
        ("`cargo test gone`, `cargo test --test api movies::`", "tests/ has no gone"),
        (
            "`python3 infra/gone.py --check`, `target/gone.json`, `infra/<name>.py`",
            "infra/gone.py does not exist",
        ),
        ("`local/gone.py`, `local/tools.py`, `testing.md`, `qa.example.com`", "local/gone.py does not exist"),
        (
            r#"<img src="gone.png"> <img src="../images/docs.png"> <a href="https://a.example">"#,
            "gone.png does not exist",
        ),
        (&"word ".repeat(WORDS + 1), "the paragraph has more than 120 words"),
    ] {
        assert_eq!(in_page("docs/change/testing.md", line), [fault], "{line}");
    }
    let (page, gone) = (concat!("docs", "/run/keys.md"), concat!("docs", "/gone.md"));
    let faults = [format!("{gone} does not exist"), format!("{page}#gone is not a heading")];
    assert_eq!(in_file(&format!("// {page}, {gone}, https://a.example/{gone}, {page}#gone")), faults);
}
