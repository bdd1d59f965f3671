//! What a member of a cluster counts: the agreement, the detector, the links. Never decides what is counted.

use prometheus::{HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry};

use super::held::{counter, counters, gauge, gauges, histograms};
use super::table;

/// Handles of the cluster; at rest on a node without one.
#[derive(Debug)]
pub struct Cluster {
    /// Depositions that this node proposed, by why.
    pub depositions: IntCounterVec,
    /// The Raft term.
    pub term: IntGauge,
    /// Whether this node leads.
    pub leads: IntGauge,
    /// Whether this node votes.
    pub votes: IntGauge,
    /// The entry that the map stands at.
    pub applied: IntGauge,
    /// Proposals of this node, by outcome.
    pub proposals: IntGaugeVec,
    /// Nodes that are up.
    pub nodes_up: IntGauge,
    /// The longest time without a beat of some peer since the last scrape, microseconds.
    pub longest_gap: IntGauge,
    /// The longest time that this node stood still since the last scrape, microseconds.
    pub longest_stall: IntGauge,
    /// The silence that is suspicious now, milliseconds.
    pub suspect_after: IntGauge,
    /// Links, by how they fare.
    pub links: IntGaugeVec,
    /// Hellos between nodes, by how they came out.
    pub hellos: IntGaugeVec,
    /// Edges that are connected.
    pub edges: IntGauge,
    /// What edges asked for and did not get, by what.
    pub edge_denied: IntCounterVec,
    /// Of an edge: nodes that it hears.
    pub nodes_heard: IntGauge,
    /// Shards that were handed over.
    pub handed_over: IntCounter,
    /// Phases of takeovers, seconds.
    pub(super) takeovers: HistogramVec,
}

impl Cluster {
    pub(super) fn register(registry: &Registry) -> Self {
        let depositions = counters(registry, table::DEPOSITIONS);
        for why in ["port_closed", "unreachable", "silent", "never_heard"] {
            depositions.with_label_values(&[why]);
        }
        let takeovers = histograms(registry, table::TAKEOVER_SECONDS);
        for phase in ["deposed", "fenced", "read", "acknowledged", "handed_over"] {
            takeovers.with_label_values(&[phase]);
        }
        Self {
            depositions,
            takeovers,
            term: gauge(registry, table::RAFT_TERM),
            leads: gauge(registry, table::RAFT_LEADS),
            votes: gauge(registry, table::RAFT_VOTES),
            applied: gauge(registry, table::MAP_APPLIED),
            proposals: gauges(registry, table::PROPOSALS),
            nodes_up: gauge(registry, table::NODES_UP),
            longest_gap: gauge(registry, table::BEAT_GAP),
            longest_stall: gauge(registry, table::STALL),
            suspect_after: gauge(registry, table::SUSPECT_AFTER),
            links: gauges(registry, table::LINKS),
            hellos: hellos(registry),
            edges: gauge(registry, table::EDGES),
            edge_denied: edge_denied(registry),
            nodes_heard: gauge(registry, table::NODES_HEARD),
            handed_over: counter(registry, table::HANDED_OVER),
        }
    }
}

fn edge_denied(registry: &Registry) -> IntCounterVec {
    let denied = counters(registry, table::EDGE_DENIED);
    for what in ["who", "act", "service", "agent", "note", "queues", "recovered", "store"] {
        denied.with_label_values(&[what]);
    }
    denied
}

/// As of every metric, something of it is there before the first event.
fn hellos(registry: &Registry) -> IntGaugeVec {
    let hellos = gauges(registry, table::PEER_HELLOS);
    hellos.with_label_values(&["welcomed"]).set(0);
    hellos
}
