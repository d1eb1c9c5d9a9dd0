//! The tables of `docs/` with figures, and the plot of ratios: `make figures` generates them from `benches/results.json`.
//!
//! `<!-- figures: <a column>; … | <a row>; … -->`, `<!-- results: <a figure>: <what>, …; … -->` or
//! `<!-- costs: <a function>; … -->` precedes a table, and `<!-- end -->` follows it. The plot shows the rows of `results`.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use indexmap::IndexMap;
use serde_json::Value;

use super::plot;
use crate::support::{budget::Budget, template::Template};

/// The memory, in MB, with which a function has one core; with less it has that part of a core
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).
const CORE: u64 = 1769;
/// The memory sizes of which the table of costs names the cheapest.
const SIZES: [u64; 5] = [128, 256, 512, 1024, CORE];
/// US dollars for a GB-second and for a million requests, in us-east-1 on arm64 (<https://aws.amazon.com/lambda/pricing/>).
const GB_SECOND: f64 = 0.0000133334;
const REQUESTS: f64 = 0.20;
/// Milliseconds that the network of a region adds to a round trip to the database.
const ROUND_TRIP: f64 = 0.5;

/// The results of benchmarks: rows by the name of the figure and the measured object.
struct Results {
    machine: Value,
    rows: IndexMap<(String, String), Value>,
}

impl Results {
    fn parse(text: &str) -> Self {
        let mut results: Value = serde_json::from_str(text).expect("the results are JSON");
        let rows = results["rows"].take();
        let name = |row: &Value, key| row[key].as_str().expect("a row has names").to_owned();
        let rows = rows.as_array().expect("the results have rows").iter();
        let rows = rows.map(|row| ((name(row, "figure"), name(row, "of")), row.clone())).collect();
        Self { machine: results["machine"].take(), rows }
    }

    /// Returns the content of the file, with one row on each line.
    fn text(&self) -> String {
        let rows: Vec<_> = self.rows.values().map(|row| format!("    {row}")).collect();
        format!("{{\n  \"machine\": {},\n  \"rows\": [\n{}\n  ]\n}}\n", self.machine, rows.join(",\n"))
    }

    fn row(&self, figure: &str, of: &str) -> Option<&Value> {
        self.rows.get(&(figure.to_owned(), of.to_owned()))
    }

    fn median(&self, figure: &str, of: &str) -> Option<f64> {
        self.row(figure, of)?["measured"]["median"].as_f64()
    }

    /// Returns the page with its tables made anew.
    fn fill(&self, page: &str) -> String {
        let mut text = String::new();
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            text += &format!("{line}\n");
            let comment = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
            let (kind, names) = comment.and_then(|comment| comment.split_once(": ")).unwrap_or_default();
            let table = match (kind, names.split_once(" | ")) {
                ("figures", Some((columns, rows))) => self.figures(columns, rows),
                ("costs", _) => self.costs(names),
                ("results", _) => self.results(names),
                _ => continue,
            };
            assert!(lines.any(|line| line == "<!-- end -->"), "no end follows {line}");
            text += &format!("{table}<!-- end -->\n");
        }
        text
    }

    fn figures(&self, columns: &str, rows: &str) -> String {
        let (columns, rows): (Vec<_>, Vec<_>) = (columns.split("; ").collect(), rows.split("; ").collect());
        for name in columns.iter().chain(&rows) {
            let is_known = self.rows.keys().any(|(figure, of)| name == figure || name == of);
            assert!(is_known, "benches/results.json has no row or column {name:?}");
        }
        let mut head = vec![String::new()];
        head.extend(columns.iter().map(|column| match self.unit(column) {
            "" => (*column).to_owned(),
            unit => format!("{column}, {unit}"),
        }));
        let cells = |of| columns.iter().map(move |column| self.row(column, of).map(cell).unwrap_or_default());
        table(&head, rows.iter().map(|of| [(*of).to_owned()].into_iter().chain(cells(of)).collect()))
    }

    /// Returns the rows with these names, by figure.
    fn chosen<'a>(&self, names: &'a str) -> Vec<(&'a str, Vec<plot::Row<'a>>)> {
        let figures = names.split("; ").map(|part| {
            let (figure, of) = part.split_once(": ").expect("a figure is followed by what it is of");
            let row =
                |of| plot::Row::of(of, self.row(figure, of).unwrap_or_else(|| panic!("{figure} of {of}")));
            (figure, of.split(", ").map(row).collect())
        });
        figures.collect()
    }

    fn results(&self, names: &str) -> String {
        let head = ["figure", "of", "measured", "limit", "×", "target"].map(String::from);
        let rows = self.chosen(names).into_iter().flat_map(|(figure, rows)| {
            rows.into_iter().map(move |row| {
                let ratio = format!("{:.2}", row.ratio);
                let ratio = if row.is_met { ratio } else { format!("**{ratio}**") };
                let target = format!("≤ {} ×", row.target);
                vec![figure.to_owned(), row.of.to_owned(), row.measured, row.limit, ratio, target]
            })
        });
        table(&head, rows)
    }

    fn unit(&self, figure: &str) -> &str {
        let row = self.rows.iter().find(|((name, _), _)| name == figure);
        row.and_then(|(_, row)| row["unit"].as_str()).unwrap_or_default()
    }

    fn costs(&self, names: &str) -> String {
        let head =
            "function; work, ms; waiting, ms; memory, MB; billed, ms; $ a million; cheapest, MB; $ a million";
        let template = Template::parse(include_str!("../../template.yaml")).expect("template.yaml is right");
        let functions = template.functions.values();
        let memory: BTreeMap<_, _> =
            functions.map(|function| (function.executable.as_str(), function.memory)).collect();
        let budget = Budget::read();
        let rows = names.split("; ").map(|name| {
            let whole = self.median("warm invocation", name).expect("the function is measured");
            // A function that hashes a password is measured as a whole: nearly all of it is work.
            let work = self.median("warm invocation, processor", name).unwrap_or(whole);
            let trips = budget.requests.get(name).map_or(0, |request| request.round_trips);
            let waiting = (whole - work).max(0.0) + trips as f64 * ROUND_TRIP;
            let (billed, price) = bill(memory[name], work, waiting);
            let cheapest = SIZES.map(|size| (size, bill(size, work, waiting).1));
            let cheapest =
                cheapest.into_iter().min_by(|one, other| one.1.total_cmp(&other.1)).expect("there are sizes");
            let figures =
                [format!("{work:.2}"), format!("{waiting:.2}"), memory[name].to_string(), billed.to_string()];
            let prices = [format!("{price:.2}"), cheapest.0.to_string(), format!("{:.2}", cheapest.1)];
            [format!("`{name}`")].into_iter().chain(figures).chain(prices).collect()
        });
        table(&head.split("; ").map(str::to_owned).collect::<Vec<_>>(), rows)
    }
}

/// Returns the milliseconds, rounded up, that Lambda bills for an invocation, and the dollars for a million. With less
/// than a core the work takes longer in proportion, but waiting does not.
fn bill(memory: u64, work: f64, waiting: f64) -> (u64, f64) {
    let slower = (CORE as f64 / memory as f64).max(1.0);
    let billed = (work * slower + waiting).ceil();
    (billed as u64, billed * 1000.0 * memory as f64 / 1024.0 * GB_SECOND + REQUESTS)
}

/// Shows the median, and in brackets how many times the limit that is; bold if it misses its target.
fn cell(row: &Value) -> String {
    let decimals = decimals(row);
    let median = row["measured"]["median"].as_f64().expect("a row has a median");
    let ratio = row["ratio"].as_f64().map_or_else(String::new, |ratio| format!(" ({ratio:.2} ×)"));
    let text = format!("{median:.decimals$}{ratio}");
    if row["met"] == false { format!("**{text}**") } else { text }
}

/// Returns the number of decimals of a row's values.
pub(super) fn decimals(row: &Value) -> usize {
    match row["unit"].as_str() {
        Some("ms" | "MB") => 2,
        Some("MiB" | "µs") => 1,
        _ => 0,
    }
}

fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.map(|cells| line(&cells)).collect();
    format!("{}{}|\n{rows}", line(head), "|---".repeat(head.len()))
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { pages(&path) } else { vec![path] }).collect()
}

#[test]
fn tables_of_docs_match_results() {
    let root = xtask::root();
    let file = root.join("benches/results.json");
    let mut results = Results::parse(&fs::read_to_string(&file).unwrap());
    let writes = env::var_os("WRITE_FIGURES").is_some();
    if let (true, Ok(report)) = (writes, fs::read_to_string(root.join("target/bench/report.json"))) {
        let new = Results::parse(&report);
        results.machine = new.machine;
        results.rows.extend(new.rows);
        fs::write(file, results.text()).unwrap();
    }
    let mut files = Vec::new();
    for page in pages(&root.join("docs")) {
        if page.extension().is_some_and(|end| end == "md") {
            let text = fs::read_to_string(&page).unwrap();
            if let Some((_, names)) = text.split_once("<!-- results: ") {
                let names = names.split(" -->").next().expect("a comment has an end");
                files.push((root.join("docs/images/performance.svg"), plot::draw(&results.chosen(names))));
            }
            files.push((page, results.fill(&text)));
        }
    }
    for (file, content) in files {
        if writes {
            fs::write(&file, &content).unwrap();
        }
        let is_current = fs::read_to_string(&file).is_ok_and(|text| text == content);
        assert!(is_current, "{} differs from the results; run `make figures`", file.display());
    }
}
