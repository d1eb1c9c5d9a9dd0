//! Metrics as members of log lines, from which CloudWatch takes them: the
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
//!
//! CloudWatch bills by the number of different metrics, and every value of a dimension is one of its own: a
//! dimension must have few values, and never one that a client chooses.

use std::{
    fmt::{self, Display, Formatter},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::config;

/// The field of a log event that takes [`Metrics`]: `tracing::info!(_aws = %metrics, …)`.
pub const FIELD: &str = "_aws";

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

/// The measurements of one log event.
pub struct Metrics {
    namespace: String,
    groups: Vec<(Option<&'static str>, Vec<Metric>)>,
}

impl Metrics {
    /// Measurements of the whole application.
    pub fn new(metrics: impl Into<Vec<Metric>>) -> Self {
        let namespace = config::optional("METRICS_NAMESPACE").unwrap_or_else(|| NAMESPACE.into());
        Self { namespace, groups: vec![(None, metrics.into())] }
    }

    /// Adds measurements that are told apart by the text in the event's field `dimension`.
    pub fn by(mut self, dimension: &'static str, metrics: impl Into<Vec<Metric>>) -> Self {
        self.groups.push((Some(dimension), metrics.into()));
        self
    }
}

/// The members of the line, without braces around them.
impl Display for Metrics {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let namespace = serde_json::to_string(&self.namespace).map_err(|_| fmt::Error)?;
        write!(formatter, r#""{FIELD}":{{"Timestamp":{},"CloudWatchMetrics":["#, now.as_millis())?;
        for (index, (dimension, metrics)) in self.groups.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let quote = if dimension.is_some() { "\"" } else { "" };
            let dimension = dimension.unwrap_or_default();
            write!(
                formatter,
                r#"{comma}{{"Namespace":{namespace},"Dimensions":[[{quote}{dimension}{quote}]],"#
            )?;
            formatter.write_str(r#""Metrics":["#)?;
            for (index, Metric { name, unit, .. }) in metrics.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                write!(formatter, r#"{comma}{{"Name":"{name}","Unit":"{unit}"}}"#)?;
            }
            formatter.write_str("]}")?;
        }
        formatter.write_str("]}")?;
        for Metric { name, value, .. } in self.groups.iter().flat_map(|(_, metrics)| metrics) {
            write!(formatter, r#","{name}":{value}"#)?;
        }
        Ok(())
    }
}
