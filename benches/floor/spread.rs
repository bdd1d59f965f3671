//! Latencies of a run, as one line of JSON for the bench. Never judges.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Longest latency that is told apart, microseconds.
const LONGEST: u64 = 60_000_000;

/// Latencies in microseconds.
pub struct Spread(Histogram<u64>);

impl Spread {
    /// None yet.
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are in order"))
    }

    /// Notes one.
    pub fn note(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Takes another's in.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same shape");
    }

    /// Count by the second, and milliseconds.
    pub fn json(&self, elapsed: Duration) -> serde_json::Value {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1e3;
        serde_json::json!({
            "count": self.0.len(),
            "rate": self.0.len() as f64 / elapsed.as_secs_f64(),
            "p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": self.0.max() as f64 / 1e3,
        })
    }
}
