//! The handles of all metrics, grouped by who counts. Made from [`super::table`]; never decides what is counted.

use std::time::Duration;

use prometheus::{
    Counter, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, core::Collector,
};

use super::table::{self, Metric, SECONDS};

/// What edges count; reached through [`edge`](super::edge), [`shed`](super::shed) and [`sockets`](super::sockets).
#[derive(Debug)]
pub struct Edge {
    pub(super) requests: IntCounterVec,
    pub(super) seconds: HistogramVec,
    pub(super) shed: IntCounterVec,
    pub(super) sockets: IntGaugeVec,
}

/// What shard workers count.
#[derive(Debug)]
pub struct Shard {
    /// Changes acknowledged.
    pub sends_acknowledged: IntCounter,
    /// From arrival to acknowledgement, seconds.
    pub ack_seconds: Histogram,
    /// Sessions in memory.
    pub sessions_active: IntGauge,
    /// Sessions that sleep.
    pub sessions_dormant: IntGauge,
    /// Sessions whose machine failed.
    pub sessions_quarantined: IntGauge,
    /// Sessions brought into memory.
    pub opened_total: IntCounter,
    /// Journals that are to be opened after shards changed hands.
    pub recovering: IntGauge,
    /// From batch to certain answer, seconds.
    pub store_write_seconds: Histogram,
    /// Writes without a certain answer.
    pub store_unknown_total: IntCounter,
    /// Looks at the own fence.
    pub looks: IntCounter,
    /// Looks without an answer.
    pub looks_failed: IntCounter,
    /// Time of a clean look, seconds.
    pub look_seconds: Histogram,
    /// Publications that clean looks allowed.
    pub looks_shared: IntCounter,
    /// Inputs that wait.
    pub mailbox_depth: IntGauge,
    /// Timers that fired.
    pub timers_fired_total: IntCounter,
    /// Offers by outcome.
    pub offers_total: Offers,
    /// Sessions that wait, by queue.
    pub queue_waiting: IntGaugeVec,
    /// Shards whose workers run here.
    pub shards_owned: IntGauge,
    /// Incarnations that ended, by why.
    pub lives_ended: IntCounterVec,
}

/// Offers to agents, by outcome.
#[derive(Debug)]
pub struct Offers {
    /// The agent took it.
    pub accepted: IntCounter,
    /// The agent did not want it.
    pub declined: IntCounter,
    /// The agent did not answer.
    pub expired: IntCounter,
    /// The session ended or changed its mind.
    pub withdrawn: IntCounter,
}

/// What the store counts; copied before a scrape, see [`before_scrape`](super::before_scrape).
#[derive(Debug)]
pub struct Store {
    /// Group commits.
    pub commits: IntCounter,
    /// Rows written.
    pub rows: IntCounter,
    /// Bytes written.
    pub bytes: IntCounter,
    /// Time of the commits.
    pub commit_seconds: Counter,
    /// Log folded into the database.
    pub checkpoints: IntCounter,
    /// Time of those.
    pub checkpoint_seconds: Counter,
    /// Refused for want of space.
    pub refused_full: IntCounter,
    /// Refused because too much waits.
    pub refused_busy: IntCounter,
    /// File opened again.
    pub reopened: IntCounter,
    /// Changes that wait.
    pub queue_depth: IntGauge,
    /// Free space, bytes.
    pub free_bytes: IntGauge,
    /// Whether new input is refused.
    pub full: IntGauge,
}

/// What listeners count.
#[derive(Debug)]
pub struct Listeners {
    /// Open connections.
    pub open: IntGaugeVec,
    /// Connections accepted.
    pub accepted: IntCounterVec,
    /// Handshakes that failed.
    pub tls_failures: IntCounterVec,
}

/// What the process says about itself.
#[derive(Debug)]
pub struct Process {
    /// Whether it takes traffic.
    pub ready: IntGauge,
    /// Version of the contact center's configuration.
    pub config_version: IntGauge,
}

fn opts(metric: Metric) -> Opts {
    Opts::new(metric.name, metric.help)
}

fn seconds(metric: Metric) -> HistogramOpts {
    HistogramOpts::new(metric.name, metric.help).buckets(SECONDS.to_vec())
}

pub(super) fn kept<C: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> C {
    let collector = made.expect("names and labels of the table are valid");
    registry.register(Box::new(collector.clone())).expect("each metric of the table is registered once");
    collector
}

pub(super) fn counter(registry: &Registry, metric: Metric) -> IntCounter {
    kept(registry, IntCounter::with_opts(opts(metric)))
}

pub(super) fn counters(registry: &Registry, metric: Metric) -> IntCounterVec {
    kept(registry, IntCounterVec::new(opts(metric), metric.labels))
}

pub(super) fn gauge(registry: &Registry, metric: Metric) -> IntGauge {
    kept(registry, IntGauge::with_opts(opts(metric)))
}

pub(super) fn gauges(registry: &Registry, metric: Metric) -> IntGaugeVec {
    kept(registry, IntGaugeVec::new(opts(metric), metric.labels))
}

fn histogram(registry: &Registry, metric: Metric) -> Histogram {
    kept(registry, Histogram::with_opts(seconds(metric)))
}

pub(super) fn histograms(registry: &Registry, metric: Metric) -> HistogramVec {
    kept(registry, HistogramVec::new(seconds(metric), metric.labels))
}

impl Edge {
    pub(super) fn register(registry: &Registry) -> Self {
        Self {
            requests: counters(registry, table::REQUESTS),
            seconds: histograms(registry, table::REQUEST_SECONDS),
            shed: counters(registry, table::SHED),
            sockets: gauges(registry, table::SOCKETS),
        }
    }
}

impl Shard {
    pub(super) fn register(registry: &Registry) -> Self {
        let lives_ended = counters(registry, table::LIVES_ENDED);
        for why in ["cut", "deposed", "fenced", "failed", "stopped"] {
            lives_ended.with_label_values(&[why]);
        }
        Self {
            sends_acknowledged: counter(registry, table::SENDS_ACKNOWLEDGED),
            ack_seconds: histogram(registry, table::ACK_SECONDS),
            sessions_active: gauge(registry, table::SESSIONS_ACTIVE),
            sessions_dormant: gauge(registry, table::SESSIONS_DORMANT),
            sessions_quarantined: gauge(registry, table::SESSIONS_QUARANTINED),
            opened_total: counter(registry, table::OPENED),
            recovering: gauge(registry, table::RECOVERING),
            store_write_seconds: histogram(registry, table::STORE_WRITE_SECONDS),
            store_unknown_total: counter(registry, table::STORE_UNKNOWN),
            looks: counter(registry, table::LOOKS),
            looks_failed: counter(registry, table::LOOKS_FAILED),
            look_seconds: histogram(registry, table::LOOK_SECONDS),
            looks_shared: counter(registry, table::LOOKS_SHARED),
            mailbox_depth: gauge(registry, table::MAILBOX_DEPTH),
            timers_fired_total: counter(registry, table::TIMERS_FIRED),
            offers_total: Offers::register(registry),
            queue_waiting: gauges(registry, table::QUEUE_WAITING),
            shards_owned: gauge(registry, table::SHARDS_OWNED),
            lives_ended,
        }
    }
}

impl Offers {
    fn register(registry: &Registry) -> Self {
        let all = counters(registry, table::OFFERS);
        let outcome = |name: &str| all.with_label_values(&[name]);
        Self {
            accepted: outcome("accepted"),
            declined: outcome("declined"),
            expired: outcome("expired"),
            withdrawn: outcome("withdrawn"),
        }
    }
}

impl Store {
    pub(super) fn register(registry: &Registry) -> Self {
        let refused = counters(registry, table::STORE_REFUSED);
        Self {
            commits: counter(registry, table::STORE_COMMITS),
            rows: counter(registry, table::STORE_ROWS),
            bytes: counter(registry, table::STORE_BYTES),
            commit_seconds: kept(registry, Counter::with_opts(opts(table::STORE_COMMIT_SECONDS))),
            checkpoints: counter(registry, table::STORE_CHECKPOINTS),
            checkpoint_seconds: kept(registry, Counter::with_opts(opts(table::STORE_CHECKPOINT_SECONDS))),
            refused_full: refused.with_label_values(&["full"]),
            refused_busy: refused.with_label_values(&["busy"]),
            reopened: counter(registry, table::STORE_REOPENED),
            queue_depth: gauge(registry, table::STORE_QUEUE),
            free_bytes: gauge(registry, table::STORE_FREE),
            full: gauge(registry, table::STORE_FULL),
        }
    }

    /// Moves a counter up to a total that the store keeps itself.
    pub fn catch_up(counter: &IntCounter, total: u64) {
        counter.inc_by(total.saturating_sub(counter.get()));
    }

    /// The same for a time in microseconds.
    pub fn catch_up_micros(counter: &Counter, total: u64) {
        let seconds = Duration::from_micros(total).as_secs_f64();
        counter.inc_by((seconds - counter.get()).max(0.0));
    }
}

impl Listeners {
    pub(super) fn register(registry: &Registry) -> Self {
        Self {
            open: gauges(registry, table::CONNECTIONS),
            accepted: counters(registry, table::CONNECTIONS_TOTAL),
            tls_failures: counters(registry, table::TLS_FAILURES),
        }
    }
}

impl Process {
    pub(super) fn register(registry: &Registry) -> Self {
        gauges(registry, table::BUILD).with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Self { ready: gauge(registry, table::READY), config_version: gauge(registry, table::CONFIG_VERSION) }
    }
}
