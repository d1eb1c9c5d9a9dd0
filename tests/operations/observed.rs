//! Applies the dashboard and the runbook's queries to the logs of a run: `OBSERVED=<file> SECONDS=60` records the
//! results.

use std::{collections::BTreeMap, env, fmt::Write, fs, time::Duration};

use serde_json::Value;

use super::{life, monitoring};
use crate::support::{emf, insights};

/// A metric's name with its one dimension, if it has one.
type Series = (String, Option<String>);

/// Groups the values by minute, in order.
fn by_minute(lines: &[Value]) -> BTreeMap<Series, BTreeMap<u64, Vec<f64>>> {
    let mut series: BTreeMap<Series, BTreeMap<u64, Vec<f64>>> = BTreeMap::new();
    for sample in lines.iter().flat_map(|line| emf::samples(line).expect("the format allows the line")) {
        let key = (sample.name, sample.dimensions.into_values().next());
        series.entry(key).or_default().entry(sample.time / 60_000).or_default().push(sample.value);
    }
    series
}

fn statistic(name: &str, values: &[f64]) -> f64 {
    match name {
        "Maximum" => values.iter().copied().fold(0.0, f64::max),
        _ => values.iter().sum(),
    }
}

/// Returns the widgets of the dashboard as text, a line per series.
fn widgets(lines: &[Value]) -> String {
    let series = by_minute(lines);
    let mut shown = String::new();
    for widget in monitoring::dashboard()["widgets"].as_array().unwrap() {
        let properties = &widget["properties"];
        let title = properties["title"].as_str().unwrap_or_default();
        for metric in properties["metrics"].as_array().into_iter().flatten() {
            let parts: Vec<_> = metric.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let options = metric.as_array().unwrap().last().unwrap();
            let stat = options["stat"].as_str().or(properties["stat"].as_str()).unwrap_or("Sum");
            let search = options["expression"]
                .as_str()
                .is_some_and(|text| text.contains("MetricName=\"Errors\"") && text.contains("detail"));
            for ((name, dimension), minutes) in &series {
                let asked =
                    parts.get(1) == Some(&name.as_str()) && parts.get(3).copied() == dimension.as_deref();
                if asked || (search && name == "Errors") {
                    let values: Vec<_> =
                        minutes.values().map(|values| statistic(stat, values).to_string()).collect();
                    let dimension = dimension.as_ref().map(|value| format!(" {value:?}")).unwrap_or_default();
                    let _ = writeln!(
                        shown,
                        "{title}: {stat} of {name}{dimension}, by the minute: {}",
                        values.join(" ")
                    );
                }
            }
        }
    }
    shown
}

/// Returns the first rows of each query of the runbook.
fn answers(lines: &[Value]) -> String {
    let mut answers = String::new();
    for (page, is_access, query) in monitoring::queries() {
        if is_access {
            continue;
        }
        let rows = insights::run(&query, lines).expect("the query is understood");
        let _ = writeln!(answers, "\n{page}:\n{}\n  {} rows", query.trim(), rows.len());
        for row in rows.iter().take(5) {
            let text = Value::from(row.clone()).to_string();
            let _ = writeln!(answers, "  {}", text.chars().take(300).collect::<String>());
        }
    }
    answers
}

#[tokio::test]
async fn metrics_match_responses() {
    let seconds: usize = env::var("SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (lines, counted_errors) = life::run_traffic(seconds, Duration::from_secs(1)).await;
    let series = by_minute(&lines);
    let total = |name: &str, dimension: Option<&str>| -> f64 {
        let series = series.get(&(name.to_owned(), dimension.map(str::to_owned)));
        series.into_iter().flat_map(BTreeMap::values).flatten().sum()
    };
    for (detail, times) in &counted_errors {
        assert_eq!(total("Errors", Some(detail)), *times as f64, "{detail}");
    }
    let errors = series.keys().filter(|(name, _)| name == "Errors").count();
    assert_eq!(errors, counted_errors.len(), "{:?}", series.keys());
    let answered = lines.iter().filter(|line| line["message"] == "answered").count();
    assert_eq!(total("Requests", None), answered as f64);
    // One of the two mails of a round is outdated when it is due, because its account is already active.
    assert_eq!((total("MailsSent", None), total("MailsGivenUp", None)), (seconds as f64, seconds as f64));

    if let Ok(file) = env::var("OBSERVED") {
        let bytes: usize = lines.iter().map(|line| line.to_string().len() + 1).sum();
        let size = bytes / lines.len();
        let head = format!("{} lines, {bytes} bytes, {size} a line; {answered} requests\n\n", lines.len());
        let sample: String = lines
            .iter()
            .filter(|line| line["status"] == 500 || line["user_id"].is_number())
            .take(2)
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(
            xtask::root().join(file),
            format!("{head}{}{}\n{sample}", widgets(&lines), answers(&lines)),
        )
        .unwrap();
    }
}
