//! Every metric of Holdfast: declared in [`table`], held here, scraped by the ops listener. Children are looked up once
//! and kept, so that a hot path pays two nanoseconds. Never holds chat text, userdata, a name of a person or a token.

mod cassandra;
mod cluster;
mod copied;
mod held;
mod page;
pub mod table;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use parking_lot::Mutex;
use prometheus::{Encoder, Registry, TextEncoder};

pub use cassandra::Cassandra;
pub use cluster::Cluster;
pub use copied::Copied;
pub use held::{Edge, Listeners, Offers, Process, Shard, Store};
pub use page::page;
/// A gauge by itself, for who counts in more places than one.
pub use prometheus::IntGauge;

/// All handles, registered.
struct All {
    registry: Registry,
    edge: Edge,
    shard: Shard,
    store: Store,
    cassandra: Cassandra,
    cluster: Cluster,
    listeners: Listeners,
    process: Process,
}

static ALL: LazyLock<All> = LazyLock::new(|| {
    let registry = Registry::new();
    #[cfg(target_os = "linux")]
    registry
        .register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))
        .expect("the process collector is registered once");
    All {
        edge: Edge::register(&registry),
        shard: Shard::register(&registry),
        store: Store::register(&registry),
        cassandra: Cassandra::register(&registry),
        cluster: Cluster::register(&registry),
        listeners: Listeners::register(&registry),
        process: Process::register(&registry),
        registry,
    }
});

/// What runs before each scrape, to copy figures that others keep.
type Copier = Box<dyn Fn() + Send>;

static COPIERS: Mutex<Vec<Copier>> = Mutex::new(Vec::new());

/// Counts one request: which surface, how it ended (`ok`, `refused`, `unknown`, `failed`), how long it took.
pub fn edge(surface: &'static str, outcome: &'static str, seconds: f64) {
    ALL.edge.requests.with_label_values(&[surface, outcome]).inc();
    ALL.edge.seconds.with_label_values(&[surface]).observe(seconds);
}

/// Notes how long a takeover took until a phase was over.
pub fn takeover(phase: &'static str, seconds: f64) {
    ALL.cluster.takeovers.with_label_values(&[phase]).observe(seconds);
}

/// Counts something that was refused because a bound was reached.
pub fn shed(reason: &'static str) {
    ALL.edge.shed.with_label_values(&[reason]).inc();
}

/// Adds to the WebSocket connections that are open on a surface.
pub fn sockets(surface: &'static str, delta: i64) {
    ALL.edge.sockets.with_label_values(&[surface]).add(delta);
}

/// What shard workers count.
#[must_use]
pub fn shard() -> &'static Shard {
    &ALL.shard
}

/// What the store counts.
#[must_use]
pub fn store() -> &'static Store {
    &ALL.store
}

/// What a store on Cassandra counts, and what is assumed of it.
#[must_use]
pub fn cassandra() -> &'static Cassandra {
    &ALL.cassandra
}

/// What a member of a cluster counts.
#[must_use]
pub fn cluster() -> &'static Cluster {
    &ALL.cluster
}

/// What listeners count.
#[must_use]
pub fn listeners() -> &'static Listeners {
    &ALL.listeners
}

/// What the process counts.
#[must_use]
pub fn process() -> &'static Process {
    &ALL.process
}

/// Runs `copy` before each scrape; for figures that are kept elsewhere, such as the store's.
pub fn before_scrape(copy: impl Fn() + Send + 'static) {
    COPIERS.lock().push(Box::new(copy));
}

/// Brings a counter to a figure that somebody else counts and that only grows.
pub fn catch_up(counter: &prometheus::IntCounter, now: u64) {
    counter.inc_by(now.saturating_sub(counter.get()));
}

/// Everything, in the text format of Prometheus.
#[must_use]
pub fn scrape() -> Vec<u8> {
    for copy in COPIERS.lock().iter() {
        copy();
    }
    let mut text = Vec::with_capacity(32 << 10);
    let written = TextEncoder::new().encode(&ALL.registry.gather(), &mut text);
    written.expect("text of registered metrics can be written to memory");
    text
}
