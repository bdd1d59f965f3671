//! What each server says of itself: release, commit log, thresholds, clocks. A server that is silent is told, not guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::super::facts::{Facts, Said};
use super::super::finding::Finding;
use super::list;
use crate::limits;

/// Releases that the suites run against.
const SUPPORTED: [&str; 2] = ["4.1", "5.0"];

/// Tombstones that a read must be able to pass: what slices are cut for.
const TOMBSTONES: u64 = 100_000;

/// The largest batch that is ever sent, with room, KiB.
const MUTATION_KIB: u64 = 2_048;

pub(super) fn judge(facts: &Facts) -> [Finding; 7] {
    [
        servers(facts),
        versions(facts),
        commitlog(facts),
        thresholds(facts),
        hints(facts),
        paxos(facts),
        clocks(facts),
    ]
}

fn servers(facts: &Facts) -> Finding {
    let silent: Vec<String> =
        facts.local().filter(|server| server.said.is_none()).map(|server| server.address.clone()).collect();
    let count = facts.local().count();
    if silent.is_empty() {
        return Finding::ok("servers", format!("all {count} servers answered for themselves"));
    }
    Finding::warn("servers", format!("did not answer: {} (of {count})", list(&silent)))
}

fn minor(version: &str) -> String {
    version.split(['.', '-']).take(2).collect::<Vec<_>>().join(".")
}

fn versions(facts: &Facts) -> Finding {
    let all: BTreeSet<String> = facts.answered().map(|(_, said)| said.version.clone()).collect();
    let minors: BTreeSet<String> = all.iter().map(|version| minor(version)).collect();
    let shown = list(&all.into_iter().collect::<Vec<_>>());
    if minors.is_empty() {
        return Finding::warn("versions", "no server said its release");
    }
    if let Some(other) = minors.iter().find(|minor| !SUPPORTED.contains(&minor.as_str())) {
        let sentence = format!("{other} is not tested with this release (tested: {})", SUPPORTED.join(", "));
        return Finding::warn("versions", sentence);
    }
    if minors.len() > 1 {
        let sentence = format!("mixed releases: {shown}; finish the upgrade, and change no schema meanwhile");
        return Finding::warn("versions", sentence);
    }
    Finding::ok("versions", format!("Apache Cassandra {shown}"))
}

/// Servers by what they say; those that say nothing apart.
fn by<T: Ord>(facts: &Facts, of: impl Fn(&Said) -> Option<T>) -> BTreeMap<Option<T>, Vec<String>> {
    let mut found: BTreeMap<Option<T>, Vec<String>> = BTreeMap::new();
    for (server, said) in facts.answered() {
        found.entry(of(said)).or_default().push(server.address.clone());
    }
    found
}

/// What an acknowledgement of one server means, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Log {
    /// On the disk.
    Synced,
    /// In the page cache: survives the process, not the power.
    Cached,
    /// In the memory of the process: survives nothing for as long as the period.
    Buffered,
}

fn log(said: &Said) -> Option<Log> {
    let set = |name: &str| said.settings.get(name).map(String::as_str).filter(|value| *value != "null");
    let compressed = said.settings.iter().any(|(name, value)| {
        name.starts_with("commitlog_compression") && name.contains("class_name") && value != "null"
            || name == "commitlog_compression"
                && value.contains("class_name")
                && !value.contains("class_name=null")
    });
    let encrypted = said.settings.iter().any(|(name, value)| {
        name.starts_with("transparent_data_encryption_options")
            && name.ends_with("enabled")
            && value == "true"
    });
    let direct = set("commitlog_disk_access_mode") == Some("direct");
    match set("commitlog_sync")? {
        "batch" | "group" => Some(Log::Synced),
        _ if compressed || encrypted || direct => Some(Log::Buffered),
        _ => Some(Log::Cached),
    }
}

fn commitlog(facts: &Facts) -> Finding {
    let code = "commitlog";
    let found = by(facts, log);
    if let Some(servers) = found.get(&Some(Log::Buffered)) {
        let sentence = format!(
            "commitlog_sync is periodic with a compressed, encrypted or direct log on {}: a killed process loses what \
             it acknowledged in the last period",
            list(servers)
        );
        return Finding::warn(code, sentence);
    }
    if let Some(servers) = found.get(&Some(Log::Cached)) {
        let sentence = format!(
            "commitlog_sync is periodic on {}: acknowledged messages survive a killed process, not a power cut of all \
             replicas; set batch, or group with a few milliseconds",
            list(servers)
        );
        return Finding::warn(code, sentence);
    }
    match found.get(&None) {
        Some(servers) => {
            Finding::warn(code, format!("commitlog_sync could not be read on {}", list(servers)))
        }
        None if found.is_empty() => Finding::warn(code, "commitlog_sync could not be read on any server"),
        None => Finding::ok(code, "what is acknowledged is on the disk of a quorum"),
    }
}

/// A number with or without a unit, in KiB for sizes.
fn kib(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "B" => Some(number / 1024),
        "" | "KiB" => Some(number),
        "MiB" => Some(number * 1024),
        "GiB" => Some(number * 1024 * 1024),
        _ => None,
    }
}

fn thresholds(facts: &Facts) -> Finding {
    let mut low = Vec::new();
    for (server, said) in facts.answered() {
        let get = |name: &str| said.settings.get(name).and_then(|value| kib(value));
        if let Some(tombstones) = get("tombstone_failure_threshold").filter(|found| *found < TOMBSTONES) {
            low.push(format!("tombstone_failure_threshold = {tombstones} on {}", server.address));
        }
        if let Some(size) = get("max_mutation_size").filter(|found| *found < MUTATION_KIB) {
            low.push(format!("max_mutation_size = {size} KiB on {}", server.address));
        }
    }
    if low.is_empty() {
        return Finding::ok("thresholds", "batches and lists fit within the servers' thresholds");
    }
    let sentence = format!("{}: at least {TOMBSTONES} and {MUTATION_KIB} KiB are needed", list(&low));
    Finding::warn("thresholds", sentence)
}

fn hints(facts: &Facts) -> Finding {
    let found = by(facts, |said| said.settings.get("hinted_handoff_enabled").cloned());
    match found.get(&Some("false".to_owned())) {
        None => Finding::ok("hints", "a server that was away is told what it missed"),
        Some(servers) => Finding::warn(
            "hints",
            format!("hinted handoff is off on {}: repair whenever a server was away", list(servers)),
        ),
    }
}

fn paxos(facts: &Facts) -> Finding {
    let mut found = by(facts, |said| said.settings.get("paxos_variant").cloned());
    found.remove(&None);
    if found.len() > 1 {
        return Finding::warn("paxos", "the servers differ in paxos_variant: set one value for all of them");
    }
    Finding::ok("paxos", "the servers agree on paxos_variant, as far as it can be read")
}

fn clocks(facts: &Facts) -> Finding {
    let ahead = facts.answered().map(|(server, said)| (said.ahead_ms, server.address.clone()));
    let mut ahead: Vec<(i64, String)> = ahead.collect();
    ahead.sort_unstable();
    let (Some((first, slow)), Some((last, fast))) = (ahead.first(), ahead.last()) else {
        return Finding::ok("clocks", "no server said its time");
    };
    let skew = last.abs_diff(*first);
    if skew <= limits::ASSUMED_SKEW_MS {
        return Finding::ok(
            "clocks",
            format!("the servers' clocks are within {} ms", limits::ASSUMED_SKEW_MS),
        );
    }
    let sentence = format!(
        "the clock of {fast} is {skew} ms ahead of that of {slow}: no promise rests on clocks, but deletes and leases do"
    );
    Finding::warn("clocks", sentence)
}
