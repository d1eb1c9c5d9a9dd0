//! Statistics of measured values.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The values of one figure.
#[derive(Clone, Default)]
pub struct Figures(Vec<f64>);

/// The median of several values, with their quartiles.
#[derive(Clone, Copy, Serialize)]
pub struct Summary {
    /// The median; of an even number of values the upper of the middle two.
    #[serde(serialize_with = "rounded")]
    pub median: f64,
    /// The lower quartile.
    #[serde(serialize_with = "rounded")]
    pub lower_quartile: f64,
    /// The upper quartile.
    #[serde(serialize_with = "rounded")]
    pub upper_quartile: f64,
    /// The number of values.
    pub runs: usize,
}

impl Figures {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a duration, in milliseconds.
    pub fn push_time(&mut self, duration: Duration) {
        self.push(duration.as_secs_f64() * 1000.0);
    }

    /// Returns the ratio of this median to the other.
    pub fn over(&self, other: &Self) -> f64 {
        self.summary().median / other.summary().median
    }

    /// Returns a percentile.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[(sorted.len() - 1) * percent / 100]
    }

    /// Returns the median and the quartiles. Panics if there are no values.
    pub fn summary(&self) -> Summary {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let quartile = |number: usize| sorted[(sorted.len() - 1) * number / 4];
        Summary {
            median: sorted[sorted.len() / 2],
            lower_quartile: quartile(1),
            upper_quartile: quartile(3),
            runs: sorted.len(),
        }
    }
}

/// Serializes a value with three decimals.
pub fn rounded<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1000.0).round() / 1000.0)
}

impl From<f64> for Figures {
    fn from(value: f64) -> Self {
        Self(vec![value])
    }
}

impl Summary {
    /// Formats the median, and the quartiles in brackets if they differ, with this many decimals.
    pub fn text(&self, decimals: usize) -> String {
        let Self { median, lower_quartile, upper_quartile, .. } = self;
        if lower_quartile == upper_quartile {
            format!("{median:.decimals$}")
        } else {
            format!("{median:.decimals$} [{lower_quartile:.decimals$} {upper_quartile:.decimals$}]")
        }
    }
}
