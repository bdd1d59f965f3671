//! Where Apache Cassandra is and how it is spoken to, as a node is told. Never connects, and never prints the password.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::points::Points;
use super::sense::{Problem, missing};
use super::{Settings, StoreKind};
use crate::limits;

/// How a node reaches Apache Cassandra; looked at only with `store.kind = "cassandra"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cassandra {
    /// Servers to ask first; the others are learned from them.
    #[serde(default, skip_serializing_if = "Points::is_empty")]
    pub contact_points: Points<9042>,
    /// The keyspace that holds everything.
    pub keyspace: String,
    /// The one data centre whose quorum counts.
    pub datacenter: Option<String>,
    /// Who signs in; nobody does without it.
    pub username: Option<String>,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
    /// Certificates of the authorities that the servers' certificates come from; TLS is on when it is set.
    pub tls_ca: Option<PathBuf>,
    /// Certificate that this node shows.
    pub tls_certificate: Option<PathBuf>,
    /// Private key of that certificate.
    pub tls_key: Option<PathBuf>,
    /// Whether a server's certificate must name the address that was connected to.
    pub tls_verify_host: bool,
    /// Connections to each server.
    pub connections: usize,
    /// Least time from one look to the next, milliseconds.
    pub look_pace_ms: u64,
    /// Looks in flight at once.
    pub looks_in_flight: usize,
    /// An answer that takes longer is asked of a second server, too, milliseconds.
    pub speculative_ms: u64,
    /// Longest wait for one answer, milliseconds.
    pub timeout_ms: u64,
}

impl Default for Cassandra {
    fn default() -> Self {
        Self {
            contact_points: Points::default(),
            keyspace: "holdfast".into(),
            datacenter: None,
            username: None,
            password_file: None,
            tls_ca: None,
            tls_certificate: None,
            tls_key: None,
            tls_verify_host: true,
            connections: crate::limits::CASSANDRA_CONNECTIONS_PER_NODE,
            look_pace_ms: 0,
            looks_in_flight: limits::LOOKS_IN_FLIGHT,
            speculative_ms: 60,
            timeout_ms: 2_000,
        }
    }
}

/// A keyspace is written into statements as it is, so it holds nothing that would have to be quoted.
fn is_keyspace(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=48).contains(&name.len())
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.starts_with("system")
}

/// What is wrong with the part about Cassandra.
pub(super) fn check(settings: &Settings, problems: &mut Vec<Problem>) {
    let given = &settings.store.cassandra;
    points(settings, problems);
    if !is_keyspace(&given.keyspace) {
        problems.push(("store.cassandra.keyspace", format!("{:?} is no keyspace", given.keyspace)));
    }
    if given.datacenter.as_deref().is_some_and(|name| name.is_empty() || name.len() > 128) {
        problems.push(("store.cassandra.datacenter", "is no name of a data centre".to_owned()));
    }
    sign_in(settings, problems);
    tls(given, problems);
    numbers(given, problems);
}

fn points(settings: &Settings, problems: &mut Vec<Problem>) {
    let key = "store.cassandra.contact_points";
    let given = &settings.store.cassandra;
    for point in given.contact_points.0.iter().filter(|point| !super::points::is_point(point)) {
        problems.push((key, format!("{point:?} is no address")));
    }
    if settings.store.kind != StoreKind::Cassandra {
        return;
    }
    if given.contact_points.is_empty() {
        problems.push((key, "is missing, but store.kind is \"cassandra\"".to_owned()));
    }
    if given.datacenter.is_none() {
        let why = "is missing: quorums of two data centres do not meet, so one must be named";
        problems.push(("store.cassandra.datacenter", why.to_owned()));
    }
}

fn sign_in(settings: &Settings, problems: &mut Vec<Problem>) {
    match (&settings.store.cassandra.username, &settings.cassandra_password) {
        (Some(_), None) => {
            let why = "is missing, and HOLDFAST_STORE__CASSANDRA__PASSWORD is not set, but a user name is";
            problems.push(("store.cassandra.password_file", why.to_owned()));
        }
        (None, Some(_)) => {
            problems.push(("store.cassandra.username", "is missing, but a password is set".to_owned()));
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
}

fn tls(given: &Cassandra, problems: &mut Vec<Problem>) {
    let (ca, certificate, key) =
        ("store.cassandra.tls_ca", "store.cassandra.tls_certificate", "store.cassandra.tls_key");
    let files = [(ca, &given.tls_ca), (certificate, &given.tls_certificate), (key, &given.tls_key)];
    for (key, file) in files {
        if let Some(file) = file.as_deref().map(Path::new) {
            missing(key, file, problems);
        }
    }
    match (&given.tls_certificate, &given.tls_key) {
        (Some(_), None) => problems.push((key, "is missing, but the certificate is set".to_owned())),
        (None, Some(_)) => problems.push((certificate, "is missing, but the key is set".to_owned())),
        (Some(_), Some(_)) if given.tls_ca.is_none() => {
            problems.push((ca, "is missing, but a certificate is set: TLS is on when it is set".to_owned()));
        }
        _ => {}
    }
}

fn numbers(given: &Cassandra, problems: &mut Vec<Problem>) {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let checks = [
        ("store.cassandra.connections", count(given.connections), 1..=64),
        ("store.cassandra.look_pace_ms", given.look_pace_ms, 0..=1_000),
        (
            "store.cassandra.looks_in_flight",
            count(given.looks_in_flight),
            1..=count(limits::LOOKS_IN_FLIGHT_MAX),
        ),
        ("store.cassandra.speculative_ms", given.speculative_ms, 1..=10_000),
        ("store.cassandra.timeout_ms", given.timeout_ms, 100..=60_000),
    ];
    for (key, value, range) in checks {
        if !range.contains(&value) {
            problems.push((key, format!("{value} is out of range")));
        }
    }
}
