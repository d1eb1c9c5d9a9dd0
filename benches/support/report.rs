//! Reports all figures, as a table for people and as JSON for programs.

use std::{fs, path::Path};

use serde::Serialize;

use super::{Figures, figures::Summary};

/// The figures of one run of the benchmarks, in the order in which they were taken.
#[derive(Default, Serialize)]
pub struct Report {
    machine: Machine,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Machine {
    architecture: &'static str,
    processor: String,
    cores: usize,
}

/// A figure with its limit.
#[derive(Serialize)]
pub struct Row {
    /// The name of the figure.
    pub figure: String,
    /// The measured object, mostly the executable of a function.
    pub of: String,
    /// The unit of the values.
    pub unit: Unit,
    /// The values.
    pub measured: Summary,
    /// The limit, measured in the same run.
    pub limit: Option<Limit>,
    /// The ratio of the figure to the limit.
    pub ratio: Option<f64>,
    /// The target.
    pub target: Option<Target>,
    /// Whether the figure meets the target.
    pub met: Option<bool>,
}

/// The limit of a figure.
#[derive(Serialize)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// Its values.
    pub measured: Summary,
}

/// The unit of values.
#[derive(Clone, Copy, Serialize)]
pub enum Unit {
    #[serde(rename = "µs")]
    Microseconds,
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "MiB")]
    Mebibytes,
    #[serde(rename = "MB")]
    Megabytes,
    #[serde(rename = "1/s")]
    PerSecond,
    #[serde(rename = "")]
    Count,
}

/// The target of a figure.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// At most this many times the limit.
    UpToTimes(f64),
    /// The limit, plus or minus this many times the limit.
    Within(f64),
    /// At most this value.
    UpTo(f64),
}

impl Default for Machine {
    fn default() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            architecture: std::env::consts::ARCH,
            processor: model.map_or_else(|| String::from("unknown"), |(_, name)| name.to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
        }
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::Megabytes => "MB",
            Self::PerSecond => "1/s",
            Self::Count => "",
        }
    }

    fn decimals(self) -> usize {
        match self {
            Self::Milliseconds | Self::Megabytes => 2,
            Self::Mebibytes | Self::Microseconds => 1,
            Self::PerSecond | Self::Count => 0,
        }
    }
}

impl Row {
    fn text(&self) -> String {
        let Self { figure, of, unit, measured, limit, ratio, target, met } = self;
        let decimals = unit.decimals();
        let limit = limit
            .as_ref()
            .map_or_else(String::new, |limit| format!("{}: {}", limit.name, limit.measured.text(decimals)));
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        let target = target.map_or_else(String::new, |target| match target {
            Target::UpToTimes(times) => format!("≤ {times} ×"),
            Target::Within(part) => format!("1 ± {part} ×"),
            Target::UpTo(value) => format!("≤ {value} {}", unit.name()).trim_end().to_owned(),
        });
        let met = met.map_or("", |met| if met { "met" } else { "**not met**" });
        let unit = if unit.name().is_empty() { String::new() } else { format!(", {}", unit.name()) };
        format!(
            "| {figure}{unit} | {of} | {} | {limit} | {ratio} | {target} | {met} |",
            measured.text(decimals)
        )
    }
}

impl Report {
    /// Adds a figure, and prints it to standard error as progress.
    pub fn add(
        &mut self,
        figure: impl Into<String>,
        of: impl Into<String>,
        unit: Unit,
        measured: &Figures,
        limit: Option<(&str, &Figures)>,
        target: Option<Target>,
    ) {
        let ratio = limit.map(|(_, limit)| measured.over(limit));
        let measured = measured.summary();
        let met = target.map(|target| match target {
            Target::UpToTimes(times) => ratio.expect("it has a limit") <= times,
            Target::Within(part) => (ratio.expect("it has a limit") - 1.0).abs() <= part,
            Target::UpTo(value) => measured.median <= value,
        });
        let limit = limit.map(|(name, figures)| Limit { name: name.to_owned(), measured: figures.summary() });
        let row = Row { figure: figure.into(), of: of.into(), unit, measured, limit, ratio, target, met };
        eprintln!("{}", row.text());
        self.rows.push(row);
    }

    /// Prints the table and writes it as JSON.
    pub fn finish(&self, json: &Path) {
        let Machine { architecture, processor, cores } = &self.machine;
        println!("{architecture}, {cores} cores, {processor}. Medians [quartiles].\n");
        println!("| figure | of | measured | limit | × | target | |\n|---|---|---|---|---|---|---|");
        self.rows.iter().for_each(|row| println!("{}", row.text()));
        let rated = self.rows.iter().filter_map(|row| row.met);
        let (met, all) = rated.fold((0, 0), |(met, all), one| (met + usize::from(one), all + 1));
        println!("\n{met} of {all} targets met.");
        let text = serde_json::to_string_pretty(self).expect("it is plain data");
        fs::create_dir_all(json.parent().expect("it is in a folder")).expect("the target folder is writable");
        fs::write(json, text).expect("the target folder is writable");
    }
}
