//! A histogram that somebody else keeps, in the buckets of the table, and that is copied before a scrape. Never counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::table::{self, SECONDS};

/// What stands in the buckets, not cumulated; the last is everything slower. And the sum of all, seconds.
type Counts = (Vec<u64>, f64);

/// A histogram with one label.
#[derive(Clone, Debug)]
pub struct Copied {
    metric: table::Metric,
    desc: Desc,
    counts: Arc<Mutex<BTreeMap<&'static str, Counts>>>,
}

impl Copied {
    /// Of a metric of the table.
    pub(super) fn new(metric: table::Metric) -> Self {
        let labels = metric.labels.iter().map(ToString::to_string).collect();
        let desc =
            Desc::new(metric.name.into(), metric.help.into(), labels, std::collections::HashMap::new());
        let desc = desc.expect("names and labels of the table are valid");
        Self { metric, desc, counts: Arc::default() }
    }

    /// Takes over what was counted for a label: one number for each bound of the table and one for what is slower.
    pub fn copy(&self, label: &'static str, buckets: Vec<u64>, seconds: f64) {
        self.counts.lock().insert(label, (buckets, seconds));
    }

    fn one(&self, label: &str, (buckets, seconds): &Counts) -> Metric {
        let mut total = 0;
        let mut shown = Vec::new();
        for (at, count) in buckets.iter().enumerate() {
            total += count;
            if let Some(bound) = SECONDS.get(at) {
                let mut bucket = Bucket::default();
                bucket.set_upper_bound(*bound);
                bucket.set_cumulative_count(total);
                shown.push(bucket);
            }
        }
        let mut histogram = Histogram::default();
        histogram.set_bucket(shown);
        histogram.set_sample_count(total);
        histogram.set_sample_sum(*seconds);
        let mut pair = LabelPair::default();
        pair.set_name(self.metric.labels.first().copied().unwrap_or_default().to_owned());
        pair.set_value(label.to_owned());
        let mut metric = Metric::from_label(vec![pair]);
        metric.set_histogram(histogram);
        metric
    }
}

impl Collector for Copied {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut family = MetricFamily::default();
        family.set_name(self.metric.name.to_owned());
        family.set_help(self.metric.help.to_owned());
        family.set_field_type(MetricType::HISTOGRAM);
        family.set_metric(self.counts.lock().iter().map(|(label, counts)| self.one(label, counts)).collect());
        vec![family]
    }
}
