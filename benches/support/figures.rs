//! Durations, summed up.

use std::time::Duration;

/// Durations of the same thing.
#[derive(Default)]
pub struct Figures(Vec<Duration>);

impl Figures {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// The median.
    pub fn median(&self) -> Duration {
        median(&self.0)
    }

    /// How many medians of the other one this median is.
    pub fn over(&self, other: &Self) -> f64 {
        self.median().as_secs_f64() / other.median().as_secs_f64()
    }

    /// The value that so many percent are not above.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() - 1) * percent / 100]
    }

    /// The median and, in brackets, the quartiles, in milliseconds.
    pub fn spread(&self) -> String {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let mut sorted = self.0.clone();
        sorted.sort();
        let quartile = |number: usize| ms(sorted[(sorted.len() - 1) * number / 4]);
        format!("{:.2} [{:.2} {:.2}]", ms(self.median()), quartile(1), quartile(3))
    }
}

/// The median; of an even number of values the upper of the two in the middle.
pub fn median<T: Copy + Ord>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}
