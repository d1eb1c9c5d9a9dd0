//! Reads the metrics in log lines as CloudWatch does (embedded metric format).

use std::{collections::BTreeMap, sync::LazyLock};

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// The dimensions, by name.
    pub dimensions: BTreeMap<String, String>,
    /// The time of the measurement, in milliseconds since 1970.
    pub time: u64,
    /// The value.
    pub value: f64,
}

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("emf.schema.json")).expect("the schema is JSON");
    jsonschema::options().with_draft(Draft::Draft202012).build(&schema).expect("the schema is one")
});

/// Returns the measurements of a line, none if it has no metrics. Fails if the format forbids the line.
pub fn samples(line: &Value) -> Result<Vec<Sample>, String> {
    if line.get("_aws").is_none() {
        return Ok(Vec::new());
    }
    SCHEMA.validate(line).map_err(|error| format!("{error} at {}", error.instance_path()))?;
    let time = line["_aws"]["Timestamp"].as_u64().unwrap_or_default();
    let mut samples = Vec::new();
    for directive in array(&line["_aws"]["CloudWatchMetrics"]) {
        for set in array(&directive["Dimensions"]) {
            let dimensions: BTreeMap<_, _> =
                array(set).map(|name| dimension(line, text(name))).collect::<Result<_, _>>()?;
            for metric in array(&directive["Metrics"]) {
                let (namespace, name) = (text(&directive["Namespace"]), text(&metric["Name"]));
                let value = line[&name].as_f64().ok_or_else(|| format!("{name} is not a number"))?;
                samples.push(Sample { namespace, name, dimensions: dimensions.clone(), time, value });
            }
        }
    }
    Ok(samples)
}

/// Returns a dimension. Fails if its value is not valid in CloudWatch: ASCII, not empty, and not starting with a colon.
fn dimension(line: &Value, name: String) -> Result<(String, String), String> {
    let value = line[&name].as_str().ok_or_else(|| format!("the dimension {name} is not a text"))?;
    let fits = !value.trim().is_empty() && value.len() <= 1024 && !value.starts_with(':') && value.is_ascii();
    fits.then(|| (name, value.to_owned())).ok_or_else(|| format!("no dimension may be {value:?}"))
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
