//! Metrics as lines on standard output, from which CloudWatch takes them: the
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};

use crate::config;

/// The namespace where `METRICS_NAMESPACE` names no other, as it does for each of several stacks.
const NAMESPACE: &str = "MovieTheater";

/// One measurement.
pub struct Metric {
    name: &'static str,
    unit: &'static str,
    value: f64,
}

impl Metric {
    /// A number of things.
    pub fn count(name: &'static str, value: impl Into<f64>) -> Self {
        Self { name, unit: "Count", value: value.into() }
    }

    /// A time in seconds.
    pub fn seconds(name: &'static str, value: f64) -> Self {
        Self { name, unit: "Seconds", value }
    }
}

/// Publishes `metrics`, told apart by `dimensions` (name and value), as one line. A closed standard output
/// loses them.
pub fn publish(dimensions: &[(&'static str, &str)], metrics: &[Metric]) {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let names: Vec<_> = dimensions.iter().map(|(name, _)| name).collect();
    let units: Vec<_> =
        metrics.iter().map(|metric| json!({ "Name": metric.name, "Unit": metric.unit })).collect();
    let namespace = config::optional("METRICS_NAMESPACE").unwrap_or_else(|| NAMESPACE.into());
    let mut line = Map::new();
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": u64::try_from(since_1970.as_millis()).unwrap_or_default(),
            "CloudWatchMetrics": [{ "Namespace": namespace, "Dimensions": [names], "Metrics": units }],
        }),
    );
    line.extend(dimensions.iter().map(|(name, value)| ((*name).into(), json!(value))));
    line.extend(metrics.iter().map(|metric| (metric.name.into(), json!(metric.value))));
    let _ = writeln!(std::io::stdout(), "{}", Value::Object(line));
}
