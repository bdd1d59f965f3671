//! What a process is, and what of a node's configuration an edge must not have. Whoever gives an edge the key of a store has
//! mistaken it for a node, or will lose that key with the edge. Never changes a value.

use std::net::IpAddr;

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::Settings;
use super::points::is_point;
use super::sense::Problem;

/// What a process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// One of the nodes, which are all the same.
    #[default]
    Node,
    /// The public door alone.
    Edge,
}

/// Why an edge must not have a key, if so.
pub(super) fn forbidden(key: &str) -> Option<&'static str> {
    match key {
        // It holds `addresses.json` and nothing else.
        "store.directory" => None,
        "cluster.secret_file" => {
            Some("is not for edges: whoever has it can speak as a node; set cluster.edge_secret_file")
        }
        "cluster.voters" => Some("is not for edges: they have no vote"),
        "cluster.advertise" | "listen.peer.address" | "listen.peer.connections" => {
            Some("is not for edges: nobody connects to their peer side")
        }
        key if key.starts_with("store.") => Some("is not for edges: they have no store"),
        key if key.starts_with("listen.staff.") => Some("is not for edges: they serve customers alone"),
        _ => None,
    }
}

/// What is wrong about the role.
pub(super) fn check(settings: &Settings, problems: &mut Vec<Problem>) {
    let secret = settings.edge_secret.as_ref().map(|secret| secret.expose_secret());
    if secret.is_some_and(|secret| secret.chars().count() < 32) {
        problems.push((SECRET, "the secret is shorter than 32 characters".to_owned()));
    }
    if secret.is_some() && secret == settings.secret.as_ref().map(|secret| secret.expose_secret()) {
        problems.push((SECRET, "is the cluster's secret: an edge could speak as a node".to_owned()));
    }
    if settings.node.role == Role::Edge {
        edge(settings, problems);
    }
    let has_to_do_with_edges = secret.is_some() || settings.node.role == Role::Edge;
    if has_to_do_with_edges && settings.listen.peer_tls().is_none() && !stays_here(settings) {
        let why =
            "is missing: what nodes tell edges, keys among it, goes over TLS only, except on one machine";
        problems.push(("listen.peer.tls_certificate", why.to_owned()));
    }
}

const SECRET: &str = "cluster.edge_secret_file";

fn edge(settings: &Settings, problems: &mut Vec<Problem>) {
    if settings.edge_secret.is_none() {
        problems.push((SECRET, "is missing, and HOLDFAST_CLUSTER__EDGE_SECRET is not set".to_owned()));
    }
    if settings.cluster.join.is_empty() {
        problems.push(("cluster.join", "is missing: an edge must know whom to ask first".to_owned()));
    }
}

/// Whether nothing that passes between nodes and edges leaves this machine.
fn stays_here(settings: &Settings) -> bool {
    let is_here = |point: &str| {
        let host = point.rsplit_once(':').map_or(point, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let cluster = &settings.cluster;
    match settings.node.role {
        Role::Edge => cluster.join.0.iter().filter(|point| is_point(point)).all(|point| is_here(point)),
        Role::Node => {
            settings.listen.peer.address.ip().is_loopback()
                && cluster.advertise.as_deref().is_none_or(is_here)
        }
    }
}
