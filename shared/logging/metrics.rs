//! Metrics as members of log lines, from which CloudWatch takes them: the
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
//!
//! CloudWatch bills by the number of different metrics, and every value of a dimension is one of its own: a
//! dimension must have few values, and never one that a client chooses.

use std::{
    fmt::{self, Display, Formatter},
    sync::LazyLock,
};

use chrono::Utc;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::config;

/// The field of a log event that holds [`Metrics`]: `tracing::info!(_aws = %metrics, …)`.
pub const FIELD: &str = "_aws";

/// The namespace. Each stack sets its own in `METRICS_NAMESPACE`.
static NAMESPACE: LazyLock<String> =
    LazyLock::new(|| config::optional("METRICS_NAMESPACE").unwrap_or_else(|| "MovieTheater".into()));

/// One measurement.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    name: &'static str,
    unit: &'static str,
    #[serde(skip)]
    value: f64,
}

impl Metric {
    /// Returns a measurement that counts something.
    pub fn count(name: &'static str, value: impl Into<f64>) -> Self {
        Self { name, unit: "Count", value: value.into() }
    }

    /// Returns a measurement in seconds.
    pub fn seconds(name: &'static str, value: f64) -> Self {
        Self { name, unit: "Seconds", value }
    }
}

/// The measurements of one log event.
pub struct Metrics {
    namespace: &'static str,
    groups: Vec<(Option<&'static str>, Vec<Metric>)>,
}

impl Metrics {
    /// Returns measurements without a dimension.
    pub fn new(metrics: impl Into<Vec<Metric>>) -> Self {
        Self { namespace: &NAMESPACE, groups: vec![(None, metrics.into())] }
    }

    /// Adds measurements whose dimension is the event's field `dimension`.
    pub fn by(mut self, dimension: &'static str, metrics: impl Into<Vec<Metric>>) -> Self {
        self.groups.push((Some(dimension), metrics.into()));
        self
    }
}

/// The metadata that tells CloudWatch which metrics the line contains.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    /// In milliseconds since 1970.
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    /// The sets of dimensions. There is one set, with at most one dimension.
    dimensions: [&'a [&'static str]; 1],
    metrics: &'a [Metric],
}

/// Serializes as members of the line: the metadata as [`FIELD`], then each value under its metric's name.
impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let directives = self.groups.iter().map(|(dimension, metrics)| Directive {
            namespace: self.namespace,
            dimensions: [dimension.as_slice()],
            metrics,
        });
        let metadata =
            Metadata { timestamp: Utc::now().timestamp_millis(), cloud_watch_metrics: directives.collect() };
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry(FIELD, &metadata)?;
        for Metric { name, value, .. } in self.groups.iter().flat_map(|(_, metrics)| metrics) {
            let whole = *value as i64;
            if whole as f64 == *value {
                members.serialize_entry(name, &whole)?;
            } else {
                members.serialize_entry(name, value)?;
            }
        }
        members.end()
    }
}

/// Formats as a JSON object, because `tracing` passes fields on as text.
impl Display for Metrics {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_serialize_as_embedded_metric_format() {
        let metrics = Metrics {
            namespace: "Movies \"5\"",
            groups: vec![(None, vec![Metric::count("Requests", 1), Metric::seconds("Oldest", 0.5)])],
        };
        let text = metrics.by("detail", [Metric::count("Errors", 2)]).to_string();
        let (start, rest) = text.split_once(",\"CloudWatchMetrics\":").unwrap();
        let milliseconds: i64 = start.strip_prefix("{\"_aws\":{\"Timestamp\":").unwrap().parse().unwrap();
        assert!((Utc::now().timestamp_millis() - milliseconds).abs() < 60_000);
        assert_eq!(
            rest,
            concat!(
                r#"[{"Namespace":"Movies \"5\"","Dimensions":[[]],"Metrics":["#,
                r#"{"Name":"Requests","Unit":"Count"},{"Name":"Oldest","Unit":"Seconds"}]},"#,
                r#"{"Namespace":"Movies \"5\"","Dimensions":[["detail"]],"Metrics":["#,
                r#"{"Name":"Errors","Unit":"Count"}]}]},"Requests":1,"Oldest":0.5,"Errors":2}"#,
            )
        );
    }
}
