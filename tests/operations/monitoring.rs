//! Checks the alarms, the dashboard and the runbook against the functions' real logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::Value as Json;
use serde_yaml_ng::Value;

use super::life;
use crate::support::{emf, insights};

const ALARMS: &str = include_str!("../../infra/monitoring.yaml");
const DASHBOARD: &str = include_str!("../../infra/dashboard.yaml");

/// The prefix of the namespace, before the stack's name.
const NAMESPACE: &str = "MovieTheater/";

/// Pages without an alarm.
const GENERAL: [&str; 3] = ["README.md", "deployment.md", "request.md"];

fn parsed(template: &str) -> Value {
    serde_yaml_ng::from_str(template).expect("the template is YAML")
}

fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let resources = template["Resources"].as_mapping().expect("the template has resources").iter();
    let resources = resources.filter(|(_, resource)| resource["Type"] == kind);
    resources.map(|(id, resource)| (id.as_str().unwrap(), &resource["Properties"])).collect()
}

fn alarms(template: &Value) -> Vec<(&str, &Value)> {
    resources(template, "AWS::CloudWatch::Alarm")
}

/// Returns a text that may be a `!Sub`.
fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str(),
        value => value.as_str(),
    }
    .unwrap_or_default()
}

/// Dimensions with their values; `None` is any.
type Dimensions = BTreeMap<String, Option<String>>;

/// Returns the metrics of the functions that alarms use.
fn alarmed() -> BTreeSet<(String, Dimensions)> {
    let mut asked = BTreeSet::new();
    let template = parsed(ALARMS);
    for (_, alarm) in alarms(&template) {
        let several = alarm["Metrics"].as_sequence().into_iter().flatten();
        for metric in several.map(|query| &query["MetricStat"]["Metric"]).chain([alarm]) {
            if text(&metric["Namespace"]).starts_with(NAMESPACE) {
                let dimensions = metric["Dimensions"].as_sequence().into_iter().flatten();
                let dimensions = dimensions.map(|dimension| {
                    (text(&dimension["Name"]).to_owned(), Some(text(&dimension["Value"]).to_owned()))
                });
                asked.insert((text(&metric["MetricName"]).to_owned(), dimensions.collect()));
            }
        }
    }
    asked
}

/// Returns the dashboard's body, with the placeholders of CloudFormation replaced by names.
pub fn dashboard() -> Json {
    let template = parsed(DASHBOARD);
    let Value::Tagged(body) = &resources(&template, "AWS::CloudWatch::Dashboard")[0].1["DashboardBody"]
    else {
        panic!("the body has values to fill in");
    };
    let mut text = body.value[0].as_str().unwrap().replace("${AlarmArns}", "");
    while let Some(start) = text.find("${") {
        let end = start + text[start..].find('}').expect("a name ends");
        let name = text[start + 2..end].to_owned();
        text.replace_range(start..=end, &name);
    }
    serde_json::from_str(&text).expect("the body is JSON")
}

/// Returns the metrics of the functions that the dashboard shows.
fn shown() -> BTreeSet<(String, Dimensions)> {
    let mut shown = BTreeSet::new();
    for widget in dashboard()["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            if let Some(search) = metric[0]["expression"].as_str() {
                let Some((_, search)) = search.split_once(&format!("SEARCH('{{\"{NAMESPACE}")) else {
                    continue;
                };
                let (dimension, search) =
                    search.split_once("\",").unwrap().1.split_once("} MetricName=\"").unwrap();
                let name = search.split_once('"').unwrap().0;
                shown.insert((name.to_owned(), BTreeMap::from([(dimension.to_owned(), None)])));
            } else if metric[0].as_str().unwrap().starts_with(NAMESPACE) {
                let parts: Vec<_> = metric.as_array().unwrap().iter().filter_map(Json::as_str).collect();
                let dimensions =
                    parts[2..].chunks(2).map(|pair| (pair[0].to_owned(), Some(pair[1].to_owned())));
                shown.insert((parts[1].to_owned(), dimensions.collect()));
            }
        }
    }
    shown
}

/// Returns the metrics in the log lines of a run, and those of the metric filters.
fn measured(lines: &[Json]) -> BTreeSet<(String, BTreeMap<String, String>)> {
    let samples = lines.iter().flat_map(|line| emf::samples(line).expect("the format allows the line"));
    let mut measured: BTreeSet<_> = samples.map(|sample| (sample.name, sample.dimensions)).collect();
    let template = parsed(ALARMS);
    let access = vec![life::access_log_line()];
    for (id, filter) in resources(&template, "AWS::Logs::MetricFilter") {
        let Value::Tagged(group) = &filter["LogGroupName"] else { panic!("{id} names no log group") };
        let lines = if group.value == "ApiLogGroup" { &access } else { lines };
        let pattern = text(&filter["FilterPattern"]).trim_matches(['{', '}', ' ']).replace("$.", "");
        let query = format!("filter {}", pattern.replace("&&", "and"));
        if !insights::run(&query, lines).expect("the pattern is understood").is_empty() {
            let name = text(&filter["MetricTransformations"][0]["MetricName"]);
            measured.insert((name.to_owned(), BTreeMap::new()));
        }
    }
    measured
}

#[tokio::test]
async fn alarms_and_dashboard_use_emitted_metrics() {
    let measured = measured(&life::lines().await);
    let fits = |asked: &Dimensions, found: &BTreeMap<String, String>| {
        asked.keys().eq(found.keys())
            && asked.iter().all(|(name, value)| value.as_ref().is_none_or(|value| *value == found[name]))
    };
    let asked: BTreeSet<_> = alarmed().union(&shown()).cloned().collect();
    assert!(asked.len() > 8, "{asked:?}");
    for (name, dimensions) in &asked {
        let found = measured.iter().any(|(other, found)| name == other && fits(dimensions, found));
        assert!(found, "no function measures {name} {dimensions:?}; there are {measured:?}");
    }
    for (name, dimensions) in &measured {
        let found = asked.iter().any(|(other, asked)| name == other && asked.keys().eq(dimensions.keys()));
        assert!(found, "neither dashboard nor alarm uses {name} {dimensions:?}");
    }
    let alarmed = alarmed();
    assert!(alarmed.is_subset(&shown()), "the dashboard shows what alarms watch: {alarmed:?}");
}

/// The parts from which a search's tokens are composed: words, numbers, and words in camel case, without what is between
/// them ([search expression syntax](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html)).
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut previous = ' ';
    for letter in name.chars() {
        let starts = letter.is_uppercase() && previous.is_lowercase()
            || letter.is_numeric() != previous.is_numeric()
            || !letter.is_alphanumeric();
        if starts {
            parts.push(String::new());
        }
        if letter.is_alphanumeric() {
            parts.last_mut().unwrap().push(letter);
        }
        previous = letter;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Returns whether a term of a search finds the name: as a whole in quotation marks, otherwise by its parts.
fn finds(term: &str, name: &str) -> bool {
    match term.strip_prefix('"') {
        Some(exact) => exact.strip_suffix('"') == Some(name),
        None => parts(name).windows(parts(term).len()).any(|window| window == parts(term)),
    }
}

#[test]
fn searches_of_the_dashboard_find_the_metrics_of_functions() {
    let mut searches = 0;
    for widget in dashboard()["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let expression = metric[0]["expression"].as_str().unwrap_or_default();
            let Some(search) = expression.strip_prefix("SEARCH('{AWS/Lambda,FunctionName} ") else {
                continue;
            };
            searches += 1;
            let is_found = |function: &str| {
                search.split_once('\'').unwrap().0.split(' ').all(|term| match term.split_once('=') {
                    Some(("MetricName", metric)) => {
                        ["\"Duration\"", "\"Errors\"", "\"Throttles\""].contains(&metric)
                    }
                    Some(("FunctionName", name)) => {
                        finds(&name.replace("Name", "movie-theater-prod"), function)
                    }
                    _ => finds(&term.replace("Name", "movie-theater-prod"), function),
                })
            };
            // CloudFormation adds the resource's name and random characters to the stack's name.
            assert!(is_found("movie-theater-prod-ListMovies-A1bC2dE3fG4h"), "{expression}");
            assert!(!is_found("movie-theater-dev-ListMovies-A1bC2dE3fG4h"), "{expression}");
        }
    }
    assert_eq!(searches, 3);
}

#[test]
fn every_alarm_has_one_runbook_page() {
    let folder = xtask::root().join("docs/run/runbook");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    let template = parsed(ALARMS);
    let mut pages: BTreeSet<_> = GENERAL.map(str::to_owned).into();
    for (id, alarm) in alarms(&template) {
        let words = id.strip_suffix("Alarm").expect("an alarm is named so").chars();
        let name: String = words
            .flat_map(|letter| {
                let dash = letter.is_uppercase().then_some('-');
                dash.into_iter().chain(letter.to_lowercase())
            })
            .collect();
        let page = format!("{}.md", name.trim_start_matches('-'));
        let description = text(&alarm["AlarmDescription"]);
        assert!(description.ends_with(&format!(": docs/run/runbook/{page}")), "{id}: {description}");
        let content =
            fs::read_to_string(folder.join(&page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        for part in ["**It means**", "**Look**", "**Do**", &format!("`{id}`")] {
            assert!(content.contains(part), "{page} lacks {part}");
        }
        assert!(index.contains(&format!("]({page})")), "the index lacks {page}");
        assert!(alarm["TreatMissingData"].is_string(), "{id} must say what missing data mean");
        assert!(!alarm["AlarmActions"].is_null(), "{id} must have an action");
        pages.insert(page);
    }
    let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), pages);
}

/// Returns the queries of the documentation, each with its page and log group.
pub fn queries() -> Vec<(String, bool, String)> {
    let docs = xtask::root().join("docs/run");
    let pages = fs::read_dir(docs.join("runbook")).unwrap().map(|file| file.unwrap().path());
    let mut queries = Vec::new();
    for path in pages {
        let text = fs::read_to_string(&path).unwrap();
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        for block in text.split("```logs-insights\n").skip(1) {
            let query = block.split_once("```").expect("a block ends").0;
            let is_access = query.contains("# the API's log group");
            assert!(
                is_access || query.contains("# the functions' log group"),
                "{page}: which group is {query}"
            );
            queries.push((page.clone(), is_access, query.to_owned()));
        }
    }
    queries.sort_by(|one, other| one.0.cmp(&other.0));
    queries
}

#[tokio::test]
async fn runbook_queries_match_log_fields() {
    let lines = life::lines().await;
    let access = [life::access_log_line()];
    let queries = queries();
    assert!(queries.len() >= 10, "{}", queries.len());
    for (page, is_access, query) in queries {
        let lines = if is_access { &access[..] } else { &lines };
        let known: BTreeSet<_> =
            lines.iter().filter_map(Json::as_object).flat_map(|line| line.keys()).collect();
        for field in insights::fields(&query).unwrap_or_else(|error| panic!("{page}: {error}")) {
            assert!(field.starts_with('@') || known.contains(&field), "{page}: no line has {field}; {query}");
        }
        insights::run(&query, lines).unwrap_or_else(|error| panic!("{page}: {error} in {query}"));
    }
}

#[test]
fn tracing_is_enabled() {
    let template = parsed(include_str!("../../template.yaml"));
    assert_eq!(template["Globals"]["Function"]["Tracing"], "Active");
    assert_eq!(template["Resources"]["Api"]["Properties"]["TracingEnabled"], true);
}
