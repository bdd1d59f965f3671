//! Whether the values of a process configuration make sense, alone and together. Pure but for looking whether files
//! exist; never changes a value.

use std::path::Path;

use secrecy::ExposeSecret;
use tracing_subscriber::EnvFilter;

use super::points::is_point;
use super::{Door, Role, Settings, StoreKind, cassandra, role};

/// Key and what is wrong with it.
pub(super) type Problem = (&'static str, String);

/// Every problem.
pub fn check(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    names(settings, &mut problems);
    numbers(settings, &mut problems);
    doors(settings, &mut problems);
    secret(settings, &mut problems);
    // What an edge is given of a store is refused as a whole.
    if settings.node.role == Role::Node {
        cassandra::check(settings, &mut problems);
    }
    cluster(settings, &mut problems);
    role::check(settings, &mut problems);
    problems
}

fn cluster(settings: &Settings, problems: &mut Vec<Problem>) {
    for point in settings.cluster.join.0.iter().filter(|point| !is_point(point)) {
        problems.push(("cluster.join", format!("{point:?} is no address")));
    }
    let is_node = settings.node.role == Role::Node;
    if is_node && !settings.cluster.join.is_empty() && settings.store.kind == StoreKind::Embedded {
        problems.push((
            "cluster.join",
            "is set, but the embedded store is of one node: set store.kind".to_owned(),
        ));
    }
    if !matches!(settings.cluster.voters, 1 | 3 | 5) {
        problems.push(("cluster.voters", format!("{} is not 1, 3 or 5", settings.cluster.voters)));
    }
    if settings.cluster.advertise.as_deref().is_some_and(|point| !is_point(point)) {
        problems.push(("cluster.advertise", "is no address".to_owned()));
    }
    authorities(&settings.listen.peer, problems);
    if settings.node.zone.len() > 64 {
        problems.push(("node.zone", "is longer than 64 characters".to_owned()));
    }
}

/// Nodes verify each other, so one of certificate and authorities is nothing without the other.
fn authorities(peer: &Door, problems: &mut Vec<Problem>) {
    let (ca, name) = ("listen.peer.tls_ca", "listen.peer.tls_name");
    match (&peer.tls_ca, &peer.tls_certificate) {
        (Some(file), Some(_)) => missing(ca, file, problems),
        (Some(_), None) => {
            let why = "is missing, but tls_ca is set: each node shows a certificate of its own";
            problems.push(("listen.peer.tls_certificate", why.to_owned()));
        }
        (None, Some(_)) => {
            problems.push((ca, "is missing: nodes must know whose certificates they believe".to_owned()));
        }
        (None, None) if peer.tls_name.is_some() => {
            problems.push((name, "is set, but TLS between nodes is not on: set tls_ca".to_owned()));
        }
        (None, None) => {}
    }
    if peer.tls_name.clone().is_some_and(|name| rustls::pki_types::ServerName::try_from(name).is_err()) {
        problems.push((name, "is neither a host name nor an address".to_owned()));
    }
}

fn name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    (1..=64).contains(&text.len()) && text.chars().all(plain)
}

fn names(settings: &Settings, problems: &mut Vec<Problem>) {
    for (key, text) in [("node.name", &settings.node.name), ("cluster.name", &settings.cluster.name)] {
        if !name(text) {
            problems.push((key, format!("{text:?} is no name")));
        }
    }
    if EnvFilter::try_new(&settings.log.level).is_err() {
        problems.push(("log.level", format!("{:?} is no level", settings.log.level)));
    }
    let endpoint = settings.traces.endpoint.as_deref().unwrap_or("http://none");
    if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        problems.push(("traces.endpoint", "is no URL".to_owned()));
    }
}

fn numbers(settings: &Settings, problems: &mut Vec<Problem>) {
    let checks = [
        ("node.threads", settings.node.threads <= 1024, settings.node.threads.to_string()),
        ("store.reserve", settings.store.reserve.0 >= 16 << 20, settings.store.reserve.to_string()),
        ("traces.ratio", (0.0..=1.0).contains(&settings.traces.ratio), settings.traces.ratio.to_string()),
        (
            "stop.deadline",
            (1_000..=3_600_000).contains(&settings.stop.deadline.0),
            settings.stop.deadline.to_string(),
        ),
        ("stop.notice", settings.stop.notice < settings.stop.deadline, settings.stop.notice.to_string()),
    ];
    for (key, holds, value) in checks {
        if !holds {
            problems.push((key, format!("{value} is out of range")));
        }
    }
}

/// The keys of one door, in the order: connections, certificate, key, address.
const DOOR_KEYS: [[&str; 4]; 4] = [
    [
        "listen.public.connections",
        "listen.public.tls_certificate",
        "listen.public.tls_key",
        "listen.public.address",
    ],
    [
        "listen.staff.connections",
        "listen.staff.tls_certificate",
        "listen.staff.tls_key",
        "listen.staff.address",
    ],
    ["listen.ops.connections", "listen.ops.tls_certificate", "listen.ops.tls_key", "listen.ops.address"],
    ["listen.peer.connections", "listen.peer.tls_certificate", "listen.peer.tls_key", "listen.peer.address"],
];

fn doors(settings: &Settings, problems: &mut Vec<Problem>) {
    let all = settings.listen.all();
    for ((_, door), keys) in all.iter().zip(DOOR_KEYS) {
        one_door(door, keys, problems);
    }
    for (at, (_, door)) in all.iter().enumerate() {
        let earlier = all.iter().take(at).find(|(_, other)| other.address == door.address);
        if let (Some((other, _)), true) = (earlier, door.address.port() != 0) {
            problems.push((DOOR_KEYS[at][3], format!("{} is already the {other} listener's", door.address)));
        }
    }
}

fn one_door(door: &Door, [connections, certificate, key, _]: [&'static str; 4], problems: &mut Vec<Problem>) {
    if !(1..=1_000_000).contains(&door.connections) {
        problems.push((connections, format!("{} is out of range", door.connections)));
    }
    match (&door.tls_certificate, &door.tls_key) {
        (Some(_), None) => problems.push((key, "is missing, but the certificate is set".to_owned())),
        (None, Some(_)) => problems.push((certificate, "is missing, but the key is set".to_owned())),
        (None, None) => {}
        (Some(certificate_file), Some(key_file)) => {
            missing(certificate, certificate_file, problems);
            missing(key, key_file, problems);
        }
    }
}

/// Finds that a file which a key names is not there.
pub(super) fn missing(key: &'static str, file: &Path, problems: &mut Vec<Problem>) {
    if !file.is_file() {
        problems.push((key, format!("{} is no file", file.display())));
    }
}

fn secret(settings: &Settings, problems: &mut Vec<Problem>) {
    let short = settings.secret.as_ref().is_some_and(|secret| secret.expose_secret().chars().count() < 32);
    if short {
        problems.push(("cluster.secret_file", "the secret is shorter than 32 characters".to_owned()));
    }
}
