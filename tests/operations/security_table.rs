//! The tables for OWASP ASVS: every test and file that they name exists, and the counts are those of the rows.

use std::{collections::BTreeMap, fs};

const PAGES: &str = concat!(
    include_str!("../../docs/change/security.md"),
    include_str!("../../docs/change/security-platform.md")
);

/// Returns the cells of each row that begins with the number of a requirement.
fn requirements() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = PAGES.lines().map(|line| Vec::from_iter(line.trim_matches('|').split('|').map(str::trim)));
    rows.filter(|cells| cells.len() == 5 && is_requirement(cells[0]))
}

fn is_requirement(word: &str) -> bool {
    word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// Returns whether a test (`module::name`) or a file exists. Other code is not a name.
fn exists(code: &str) -> bool {
    let Some((module, name)) = code.rsplit_once("::") else {
        return code.starts_with('/') || !code.contains(['/', '.']) || xtask::root().join(code).exists();
    };
    let is_unit_test = ["shared::", "functions::"].iter().any(|top| module.starts_with(top));
    let path = format!("{}{}", if is_unit_test { "" } else { "tests/" }, module.replace("::", "/"));
    let is_test = |source: String| {
        let before = source.split_once(&format!("fn {name}("));
        before.is_some_and(|(before, _)| before.trim_end_matches("async ").trim_end().ends_with("test]"))
    };
    let text = |end| fs::read_to_string(xtask::root().join(path.clone() + end));
    [".rs", "/mod.rs"].into_iter().any(|end| text(end).is_ok_and(is_test))
}

#[test]
fn security_tables_name_existing_tests_and_files() {
    let cells = requirements().flat_map(|cells| [cells[2], cells[3]]);
    let missing = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|code| !exists(code));
    assert_eq!(Vec::from_iter(missing), [""; 0]);
}

#[test]
fn security_tables_have_rows_as_counted() {
    let rows = requirements().map(|cells| {
        let verdict = ["met", "partly: ", "not met: "].iter().position(|word| cells[4].starts_with(word));
        (cells[0], verdict.expect(cells[0]))
    });
    let other = PAGES.lines().filter(|line| line.contains("not apply: "));
    let other = other.flat_map(|line| line.split([' ', ','])).filter(|word| is_requirement(word));
    let mut counted = BTreeMap::<&str, [usize; 4]>::new();
    for (id, verdict) in rows.chain(other.map(|id| (id, 3))) {
        counted.entry(id.split('.').next().unwrap()).or_default()[verdict] += 1;
    }
    let chapters = PAGES.lines().filter_map(|line| line.strip_prefix("| V")?.split_once(' '));
    let stated = chapters.map(|(chapter, row)| {
        let counts = Vec::from_iter(row.split('|').filter_map(|cell| cell.trim().parse().ok()));
        (chapter, counts.try_into().expect(row))
    });
    assert_eq!(counted, stated.collect());
}
