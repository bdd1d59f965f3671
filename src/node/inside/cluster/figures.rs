//! Copies what the cluster counts into the metrics, before each scrape. Never counts anything itself.

use std::sync::Arc;

use holdfast_cluster::Cluster;
use holdfast_cluster::detector::Detector;
use holdfast_cluster::link::{LinkCounters, LinkFigures, LinkState, Links, Port};
use holdfast_cluster::ownership::State;

use crate::metrics;
use crate::shard::door::edge::Heard;
use crate::shard::door::many::Behind as _;

/// Copies.
pub(super) fn copy(
    cluster: &Cluster,
    (detector, links): (&Arc<Detector>, &Arc<Links>),
    counters: &LinkCounters,
) {
    let (into, status) = (metrics::cluster(), cluster.status());
    wires(links, counters);
    into.term.set(whole(status.term));
    into.leads.set(i64::from(status.leads));
    into.votes.set(i64::from(status.votes));
    into.applied.set(whole(status.applied));
    let outcomes = [
        ("answered", status.proposals_answered),
        ("refused", status.proposals_refused),
        ("unknown", status.proposals_unknown),
        ("unsent", status.proposals_unsent),
        ("busy", status.proposals_busy),
    ];
    for (outcome, count) in outcomes {
        into.proposals.with_label_values(&[outcome]).set(whole(count));
    }
    into.nodes_up.set(whole(cluster.map().map.in_state(State::Up).count() as u64));
    let found = detector.figures();
    into.longest_gap.set(whole(u64::try_from(found.longest_gap.as_micros()).unwrap_or(u64::MAX)));
    into.longest_stall.set(whole(u64::try_from(found.longest_stall.as_micros()).unwrap_or(u64::MAX)));
    into.suspect_after.set(whole(u64::try_from(found.suspect_after.as_millis()).unwrap_or(u64::MAX)));
}

/// Copies how the links of a node or an edge fare.
pub(in crate::node::inside) fn wires(links: &Links, counters: &LinkCounters) {
    hellos(&counters.figures());
    let states = links.states();
    for (state, name) in STATES {
        let count = states.iter().filter(|(_, found)| *found == state).count();
        metrics::cluster().links.with_label_values(&[name]).set(whole(count as u64));
    }
}

/// Copies how many edges there are.
pub(super) fn edges(port: &Port) {
    metrics::cluster().edges.set(whole(port.edges() as u64));
}

/// Copies what an edge has heard.
pub(in crate::node::inside) fn heard(heard: &Arc<Heard>) {
    metrics::cluster().nodes_heard.set(whole(heard.count() as u64));
    metrics::process().config_version.set(whole(heard.center().version));
}

/// How hellos came out, of others with this node and of this node with others.
fn hellos(found: &LinkFigures) {
    let outcomes = [
        ("welcomed", found.welcomed),
        ("secret", found.refused_secret),
        ("named", found.refused_named),
        ("tls", found.refused_tls),
        ("broken", found.broken_hellos),
        ("crowded_out", found.crowded_out),
        ("dialed", found.dialed),
        ("refused_there", found.hellos_refused),
        ("failed_there", found.dials_failed),
    ];
    for (outcome, count) in outcomes {
        metrics::cluster().hellos.with_label_values(&[outcome]).set(whole(count));
    }
}

const STATES: [(LinkState, &str); 6] = [
    (LinkState::Connected, "connected"),
    (LinkState::Resetting, "resetting"),
    (LinkState::Refused, "refused"),
    (LinkState::Unreachable, "unreachable"),
    (LinkState::Silent, "silent"),
    (LinkState::TurnedAway, "turned_away"),
];

/// The word for how a link fares.
pub(super) fn word(state: LinkState) -> &'static str {
    STATES.iter().find(|(found, _)| *found == state).map_or("", |(_, name)| name)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
